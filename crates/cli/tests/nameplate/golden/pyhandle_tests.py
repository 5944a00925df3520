"""Runs those of pyhandle's own tests that only need a server, on a copy of the package.

The tests read who may write where from a file within the package, which its authors keep to
themselves; ours names the node.
"""

import json
import os
import shutil
import sys
import unittest
import unittest.mock

import pyhandle

url, folder = sys.argv[1:]
copy = os.path.join(folder, "pyhandle")
shutil.copytree(os.path.dirname(pyhandle.__file__), copy)
for name in [name for name in sys.modules if name.split(".")[0] == "pyhandle"]:
    del sys.modules[name]
sys.path.insert(0, folder)
# The tests ask for it by its old name.
sys.modules["mock"] = unittest.mock

values = {
    "user": "300:21.T14999/B2HANDLE_INTEGRATION_TESTS",
    "password": "a secret:%3A",
    "handle_server_url_read": url,
    "handle_server_url_write": url,
    "url_extension_REST_API": "/api/handles/",
    "handle_for_read_tests": "21.T14999/READ",
    "handle_globally_resolvable": "21.T14999/READ",
    "handle_to_be_created": "21.T14999/NEW",
    "handle_to_be_modified": "21.T14999/MODIFIED",
    "HTTPS_verify": False,
}
place = os.path.join(copy, "tests", "resources", "testvalues_for_integration_tests_IGNORE.json")
with open(place, "w") as file:
    json.dump(values, file)

from pyhandle.tests.testcases.handleclient_read_integration_test import (
    RESTHandleClientReadaccessTestCase,
)
from pyhandle.tests.testcases.handleclient_write_integration_test import (
    RESTHandleClientWriteaccessTestCase,
)

# What cannot pass against any server: it asks the global Handle System, or pyhandle 1.5.0 itself
# stops before it asks, or raises where the test is older than the code.
CREDENTIALS = "gives no `client`, without which pyhandle takes no credentials"
URLS = "`additional_URLs`, which pyhandle no longer knows"
LEFT_OUT = {
    "test_global_resolve": "asks hdl.handle.net",
    "test_instantiate_with_credentials": CREDENTIALS,
    "test_instantiate_with_credentials_config": CREDENTIALS,
    "test_instantiate_with_credentials_config_override": CREDENTIALS,
    "test_instantiate_with_credentials_inexistentuser": CREDENTIALS,
    "test_delete_handle_inexistent": "expects None, where pyhandle raises for a 404",
    "test_generate_and_register_handle": URLS,
    "test_register_handle": URLS,
}
tests = unittest.TestSuite()
for case in [RESTHandleClientReadaccessTestCase, RESTHandleClientWriteaccessTestCase]:
    for name in unittest.TestLoader().getTestCaseNames(case):
        if name not in LEFT_OUT:
            tests.addTest(case(name))
unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
