// All users as this process knows them: read once at each connection, then kept by events.
import type { ConfirmChannel, ConsumeMessage } from "amqplib";
import type { Bus } from "./bus.js";
import type { UserCreated } from "./contracts/event.user.created.v1.js";
import type { UserErased } from "./contracts/event.user.erased.v1.js";
import type { UserUpdated } from "./contracts/event.user.updated.v1.js";
import type { UserView } from "./contracts/user.create.reply.js";
import type { UserPage } from "./contracts/user.search.reply.js";

/** Other events of `user.*` carry the same view as these. */
type UserEvent = UserCreated | UserUpdated | UserErased;

export class Directory {
  private readonly known = new Map<number, { revision: number; user: UserView | undefined }>();
  isComplete = false;

  get(id: number): UserView | undefined {
    const user = this.known.get(id)?.user;
    return user?.status === 1 ? user : undefined;
  }

  /**
   * Begin to listen, then read what there was before. In whatever order the two come, the higher revision is the newer:
   * an event's sequence is its user's revision.
   */
  async fill(bus: Bus, channel: ConfirmChannel): Promise<void> {
    this.isComplete = false;
    this.known.clear();
    const { queue } = await channel.assertQueue("", { exclusive: true });
    await channel.bindQueue(queue, "userbus.events", "user.*");
    await channel.consume(queue, (message) => this.take(message), { noAck: true });
    let after: string | null = null;
    do {
      const page: UserPage = await bus.ask("user.search", { size: 1000, count: false, include_deleted: true, after });
      for (const user of page.items) this.put(user.id, user.revision, user);
      after = page.next;
    } while (after !== null);
    this.isComplete = true;
    console.error(`${this.known.size} users known`);
  }

  /** Take a user's state; false where it is known already, or older: a repeat, or an event that was overtaken. */
  put(id: number, revision: number, user: UserView | undefined): boolean {
    if (revision <= (this.known.get(id)?.revision ?? 0)) return false;
    this.known.set(id, { revision, user });
    return true;
  }

  private take(message: ConsumeMessage | null): void {
    try {
      const event = JSON.parse(message?.content.toString() ?? "") as UserEvent;
      const erased = event.type === "userbus.user.erased.v1";
      const isNew = this.put(event.data.id, event.sequence, erased ? undefined : (event.data as UserView));
      console.error(`${event.type} of ${event.subject}: ${isNew ? "taken" : "a repeat"}`);
    } catch (error) {
      console.error(`no event of userbus: ${error}`); // nothing is lost with it: each connection reads all users anew
    }
  }
}
