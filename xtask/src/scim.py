"""Tests SCIM with scim2-tester, by the key of a service account that may do nothing else."""

import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import SearchRequest
from scim2_tester import Status, check_server

url, token = sys.argv[1], os.environ["ATHYPER_TOKEN"]


def key():
    """The key of a service account whose role has the operations of SCIM."""
    with Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as admin:

        def post(path, body):
            answer = admin.post(path, json=body)
            assert answer.status_code == 201, answer.text
            return answer.json()

        catalogue = admin.get("/v1/iam/permissions").json()["permissions"]
        permissions = [one["name"] for one in catalogue if one["name"].startswith("iam.scim_")]
        role = post("/v1/iam/roles", {"name": "Provisioning", "permissions": permissions})
        service = post("/v1/iam/principals", {"kind": "service", "userName": "directory"})
        binding = {"subject": {"principal": service["id"]}, "role": role["id"], "scope": {"kind": "tenant"}}
        post("/v1/iam/role-bindings", binding)
        return post(f"/v1/iam/principals/{service['id']}/keys", {})["secret"]


def check_filters(client):
    """What the tester leaves out: resources are found by filters, and by nothing else."""
    user_model, group_model = (client.get_resource_model(name) for name in ("User", "Group"))
    ada = client.create(user_model(user_name="ada", display_name="Tour guide", active=True))
    group = client.create(group_model(display_name="Tour guides", members=[{"value": ada.id}]))
    wanted = [
        (user_model, 'userName eq "ADA"', [ada.id]),
        (user_model, 'userName ne "ada" and userName eq "ada"', []),
        (user_model, f'id eq "{ada.id}" and not (title pr)', [ada.id]),
        (user_model, 'displayName sw "tour" and meta.created gt "2020-01-01T00:00:00Z"', [ada.id]),
        (group_model, f'members[value eq "{ada.id}"]', [group.id]),
        (group_model, 'displayName co "nothing"', []),
    ]
    for model, text, expected in wanted:
        found = client.query(model, query_parameters=SearchRequest(filter=text))
        assert [one.id for one in found.resources or []] == expected, text
    client.delete(group_model, group.id)
    client.delete(user_model, ada.id)
    return len(wanted)


with Client(base_url=f"{url}/scim/v2/demo", headers={"authorization": f"Bearer {key()}"}) as http:
    client = SyncSCIMClient(http)
    results = check_server(client)
    counts = {status: [one for one in results if one.status is status] for status in Status}
    bad = [one for status in (Status.ERROR, Status.CRITICAL, Status.DEVIATION, Status.SKIPPED) for one in counts[status]]
    for one in bad:
        print(f"scim: {one.status.name}: {one.resource_type or ''} {one.title}: {one.reason} {one.data or ''}")
    tried = {(one.resource_type, one.title) for one in counts[Status.SUCCESS]}
    for kind in ("User", "Group"):
        for title in (
            "object_creation", "object_query", "object_query_without_id", "object_query_with_attributes",
            "object_list_with_attributes", "search_with_attributes", "object_replacement", "object_deletion",
            "check_add_attribute", "check_remove_attribute", "check_replace_attribute",
        ):
            if (kind, title) not in tried:
                bad.append(title)
                print(f"scim: {kind} {title} was not tried with success")
    if bad:
        sys.exit(1)
    filters = check_filters(client)
    print(f"scim: {len(results)} checks of scim2-tester passed, and {filters} filters")
