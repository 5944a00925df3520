"""Reads with pyhandle and prints what it was given."""

import sys

from pyhandle.client.resthandleclient import RESTHandleClient
from pyhandle.handleexceptions import HandleNotFoundException

client = RESTHandleClient.instantiate_for_read_access(
    handle_server_url=sys.argv[1], HTTPS_verify=False
)
known, unknown = "20.500.99999/cap-1", "20.500.99999/none"

for key, value in sorted(client.retrieve_handle_record(known).items()):
    print("record", key, value)
for key in ["URL", "X", "NONE"]:
    print("value", key, client.get_value_from_handle(known, key))
record = client.retrieve_handle_record_json(known)
print("json", record["responseCode"], record["handle"], [v["index"] for v in record["values"]])
print("indices", client.get_handlerecord_indices_for_key("X", record["values"]))
print("template", client.retrieve_handle_record("86.1000/base@more"))
print("unknown", client.retrieve_handle_record_json(unknown))
try:
    client.get_value_from_handle(unknown, "URL")
except HandleNotFoundException:
    print("unknown HandleNotFoundException")
