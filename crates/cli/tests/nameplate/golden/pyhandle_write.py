"""Writes with pyhandle and prints what came of it: with a password, or with the certificate named."""

import sys

from pyhandle.client.resthandleclient import RESTHandleClient
from pyhandle.handleexceptions import HandleAlreadyExistsException, HandleAuthenticationError

url, certificate = sys.argv[1], sys.argv[2:]
owner = "21.T14999/B2HANDLE_INTEGRATION_TESTS"
if certificate:
    client = RESTHandleClient(
        url, certificate_and_key=certificate[0], handleowner="301:" + owner, HTTPS_verify=False)
else:
    client = RESTHandleClient.instantiate_with_username_and_password(
        url, "300:" + owner, "a secret:%3A", handleowner="300:" + owner, HTTPS_verify=False)

handle = "21.T14999/written"


def shown():
    record = client.retrieve_handle_record(handle)
    return sorted((key, value) for key, value in record.items() if key != "HS_ADMIN")


print("registered", client.register_handle(handle, "https://example.org/1", checksum="1", X="a"))
print(shown())
try:
    client.register_handle(handle, "https://example.org/2", overwrite=False)
except HandleAlreadyExistsException:
    print("HandleAlreadyExistsException")
client.modify_handle_value(handle, URL="https://example.org/3", Y="\u6cf5")
print(shown())
client.delete_handle_value(handle, ["X", "CHECKSUM"])
print(shown())
print("replaced", client.register_handle(handle, "https://example.org/4", overwrite=True))
print(shown())
made = client.generate_and_register_handle("21.T14999", "https://example.org/5")
print("made", len(made), client.get_value_from_handle(made, "URL"))
client.delete_handle(made)
client.delete_handle(handle)
print("deleted", client.retrieve_handle_record(handle))
if not certificate:
    wrong = RESTHandleClient.instantiate_with_username_and_password(
        url, "300:" + owner, "wrong", handleowner="300:" + owner, HTTPS_verify=False)
    try:
        wrong.register_handle(handle, "https://example.org/")
    except HandleAuthenticationError:
        pass
    else:
        print("a wrong password was taken")
