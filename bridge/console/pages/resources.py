"""Resources: what roles give access to."""

from typing import Any

from starlette.responses import Response

from bridge.console.apps import load_app_choices, load_app_codes
from bridge.console.page import ConsolePage, PageRequest, act, read_number, show
from contracts.resource_types import SearchResourceTypes
from contracts.resources import CreateResource, DeleteResource, ResourceField, SearchResources, UpdateResource
from contracts.search import Condition

SIZE = 50
MOST_TYPES = 1000
NOTICES = {
    "created": "The resource is there; no role gives access to it yet.",
    "updated": "The resource is changed.",
    "deleted": "The resource is deleted, and no role gives access to it any more.",
}


async def list_resources(request: PageRequest) -> Response:
    """List the resources, a page at a time, with the codes of their apps and types."""
    text = request.query.get("text")
    where = [Condition[ResourceField](field="code", op="like", value=text)] if text else []
    page = await request.ask(SearchResources(filter=where, size=SIZE, after=request.query.get("after"), count=False))
    types = (await request.ask(SearchResourceTypes(size=MOST_TYPES, count=False))).items
    return request.render(
        "resources.html",
        resources=page.items,
        after=page.next,
        codes=await load_app_codes(request, {resource.app_id for resource in page.items}),
        apps=await load_app_choices(request),
        types=[(str(each.id), each.name) for each in types],
    )


async def create_resource(request: PageRequest) -> Response:
    """Create a resource."""
    owner = {name: read_number(request.form.get(name, "")) for name in ("app_id", "resource_type_id")}
    await request.ask(CreateResource.model_validate({**owner, **_fields(request)}))
    return request.redirect("/resources", "created")


async def update_resource(request: PageRequest) -> Response:
    """Change the code and the detail of a resource, or one of them."""
    await request.ask(UpdateResource.model_validate({"id": request.id, **request.find_changes("code", "detail")}))
    return request.redirect("/resources", "updated")


async def delete_resource(request: PageRequest) -> Response:
    """Delete a resource with its links to roles."""
    await request.ask(DeleteResource(id=request.id))
    return request.redirect("/resources", "deleted")


def _fields(request: PageRequest) -> dict[str, Any]:
    return {name: request.form.get(name, "") for name in ("code", "detail")}


AT = "/resources/{id:number}"
PAGE = ConsolePage(
    "Resources",
    (
        show("/resources", list_resources),
        act("/resources", create_resource),
        act(f"{AT}/update", update_resource),
        act(f"{AT}/delete", delete_resource),
    ),
    NOTICES,
)
