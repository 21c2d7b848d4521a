%% Each second: does this node see a partition of which its side is the smaller half? Then it leaves and joins the others again,
%% as `rabbitmqctl stop_app` and `start_app` would, and its clients go to another node meanwhile.
%%
%% `pause_minority` acts on a node that sees the others go. One that stood still (a paused virtual machine, SIGSTOP) sees them
%% back as soon as it has seen them gone, and goes on with an own account of what there is. The larger half goes on either way.
%%
%% RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-eval file:eval("/etc/rabbitmq/rejoin.erl").' runs it inside the server: docs/scaling.md.
Members = fun() -> mnesia:system_info(db_nodes) end.
IsApart = fun() ->
    try
        Apart = rabbit_node_monitor:partitions(),
        Apart =/= [] andalso 2 * length(Apart) >= length(Members())
    catch _:_ -> false % RabbitMQ does not run now, or without Mnesia, where there is no such partition
    end
end.
WaitForMost = fun Wait(Nodes) ->
    Answering = [node() | [Node || Node <- Nodes, Node =/= node(), net_adm:ping(Node) =:= pong]],
    2 * length(Answering) > length(Nodes) orelse begin timer:sleep(1000), Wait(Nodes) end
end.
Rejoin = fun() ->
    Nodes = Members(),
    logger:error("partitioned from most of ~tp: leaving, to join them again", [Nodes]),
    ok = rabbit:stop(),
    WaitForMost(Nodes),
    ok = rabbit:start(),
    logger:error("joined ~tp again", [Nodes])
end.
Watch = fun Watch(WasApart) ->
    timer:sleep(1000),
    Now = IsApart(),
    try WasApart andalso Now andalso Rejoin() % twice seen: pause_minority may be at work
    catch _:Reason -> logger:error("cannot join again: ~tp", [Reason]), erlang:halt(1) % whoever runs it starts it again
    end,
    Watch(Now)
end.
spawn(fun() -> Watch(false) end).
