"""The Odoo clients from the registries, each behind the same eight verbs.

An adapter says everything in its client's own idiom, so that what reaches the gateway is what
that client really sends. `refusals` are the errors that the client raises for a refused call,
`is_access_error` looks into one; `login_errors` are what a refused log-in raises.
"""

import xmlrpc.client


class LoginRefused(Exception):
    """For clients that answer a wrong password with a value, not with an error."""


class XmlRpc:
    """Python's `xmlrpc.client` on `/xmlrpc/2`, as Odoo's documentation shows it."""

    refusals = (xmlrpc.client.Fault,)
    login_errors = (LoginRefused,)

    def __init__(self, demo, login, key):
        common = xmlrpc.client.ServerProxy(f"{demo.url}/xmlrpc/2/common")
        self.version = common.version()["server_version"]
        self.database, self.key = demo.database, key
        self.uid = common.authenticate(demo.database, login, key, {})
        if not self.uid:
            raise LoginRefused
        self.object = xmlrpc.client.ServerProxy(f"{demo.url}/xmlrpc/2/object")

    def _call(self, method, *args, **kwargs):
        return self.object.execute_kw(
            self.database, self.uid, self.key, "res.partner", method, args, kwargs
        )

    def fields(self):
        return self._call("fields_get", attributes=["string", "type"])

    def list(self, domain, fields):
        return self._call("search_read", domain, fields=fields, limit=5)

    def count(self, domain):
        return self._call("search_count", domain)

    def search(self, domain):
        return self._call("search", domain)

    def read(self, ids, fields):
        return self._call("read", ids, fields=fields)

    def create(self, values):
        return self._call("create", values)

    def write(self, ids, values):
        return self._call("write", ids, values)

    def unlink(self, ids):
        return self._call("unlink", ids)

    @staticmethod
    def is_access_error(fault):
        return fault.faultCode == 4


class OdooRpc:
    """odoorpc: asks the version and the databases first, then the fields of each model."""

    def __init__(self, demo, login, key):
        import odoorpc

        type(self).refusals = type(self).login_errors = (odoorpc.error.RPCError,)
        odoo = odoorpc.ODOO(demo.host, port=demo.port)
        self.version = odoo.version
        if demo.database not in odoo.db.list():
            raise AssertionError("the database is not listed")
        odoo.login(demo.database, login, key)
        self.odoo = odoo

    @property
    def partner(self):
        return self.odoo.env["res.partner"]

    def fields(self):
        return self.partner.fields_get()

    def list(self, domain, fields):
        return self.partner.search_read(domain, fields, limit=5)

    def count(self, domain):
        return self.partner.search_count(domain)

    def search(self, domain):
        return self.partner.search(domain)

    def read(self, ids, fields):
        return self.odoo.execute("res.partner", "read", ids, fields)

    def create(self, values):
        made = self.partner.create(values)
        if self.partner.browse(made).name != values["name"]:
            raise AssertionError("a browsed record has another name")
        return made

    def write(self, ids, values):
        return self.odoo.execute("res.partner", "write", ids, values)

    def unlink(self, ids):
        return self.odoo.execute("res.partner", "unlink", ids)

    @staticmethod
    def is_access_error(error):
        return error.info["data"]["name"] == "odoo.exceptions.AccessError"


class ErpPeek:
    """erppeek over the first XML-RPC (`/xmlrpc/db`, `/xmlrpc/common`, `/xmlrpc/object`)."""

    refusals = (xmlrpc.client.Fault,)
    face = ""

    def __init__(self, demo, login, key):
        import erppeek

        type(self).login_errors = (erppeek.Error,)
        self.client = erppeek.Client(
            demo.url + self.face, demo.database, login, key
        )
        self.version = self.client.server_version

    @property
    def partner(self):
        return self.client.model("res.partner", check=False)

    def fields(self):
        if "ResPartner" not in self.client.models("res.partner"):
            raise AssertionError("the model is not listed")
        return self.partner.fields()

    def list(self, domain, fields):
        return self.partner.read(domain, fields, limit=5)

    def count(self, domain):
        return self.partner.count(domain)

    def search(self, domain):
        return self.partner.search(domain)

    def read(self, ids, fields):
        return self.client.read("res.partner", ids, fields)

    def create(self, values):
        # Attributes of the record would ask `fields_get_keys`, which Odoo no longer has.
        return self.partner.create(values).id

    def write(self, ids, values):
        return self.client.execute("res.partner", "write", ids, values)

    def unlink(self, ids):
        return self.client.execute("res.partner", "unlink", ids)

    @staticmethod
    def is_access_error(fault):
        return str(fault.faultCode).startswith("warning -- AccessError")


class ErpPeekJson(ErpPeek):
    """erppeek over `/jsonrpc`."""

    face = "/jsonrpc"

    def __init__(self, demo, login, key):
        import erppeek

        type(self).refusals = (erppeek.ServerError,)
        super().__init__(demo, login, key)

    @staticmethod
    def is_access_error(error):
        return error.args[0]["data"]["name"] == "odoo.exceptions.AccessError"


class ClientLib:
    """odoo-client-lib, Odoo's own, over one of its protocols."""

    protocol = "xmlrpc"
    refusals = (xmlrpc.client.Fault,)

    def __init__(self, demo, login, key):
        import odoolib
        from odoolib.tools import AuthenticationError

        type(self).login_errors = (AuthenticationError,)
        self.connection = odoolib.get_connection(
            hostname=demo.host, port=demo.port, protocol=self.protocol,
            database=demo.database, login=login, password=key,
        )
        self.connection.check_login()
        self.connection.get_user_context()
        self.partner = self.connection.get_model("res.partner")

    def fields(self):
        return self.partner.fields_get()

    def list(self, domain, fields):
        return self.partner.search_read(domain, fields, limit=5)

    def count(self, domain):
        return self.partner.search_count(domain)

    def search(self, domain):
        return self.partner.search(domain)

    def read(self, ids, fields):
        return self.partner.read(ids, fields)

    def create(self, values):
        return self.partner.create(values)

    def write(self, ids, values):
        return self.partner.write(ids, values)

    def unlink(self, ids):
        return self.partner.unlink(ids)

    @staticmethod
    def is_access_error(fault):
        return str(fault.faultCode).startswith("warning -- AccessError")


class ClientLibJson(ClientLib):
    """odoo-client-lib over JSON-RPC."""

    protocol = "jsonrpc"

    def __init__(self, demo, login, key):
        from odoolib.tools import JsonRPCException

        type(self).refusals = (JsonRPCException,)
        super().__init__(demo, login, key)

    @staticmethod
    def is_access_error(error):
        return error.error["data"]["name"] == "odoo.exceptions.AccessError"


class ClientLibJson2:
    """odoo-client-lib over JSON-2, with named arguments."""

    refusals = (ValueError,)
    login_errors = (LoginRefused,)

    def __init__(self, demo, login, key):
        import odoolib

        del login  # JSON-2 has the key alone
        connection = odoolib.get_connection(
            hostname=demo.host, port=demo.port, protocol="json2",
            database=demo.database, password=key,
        )
        if not connection.check_login():
            raise LoginRefused
        self.partner = connection.get_model("res.partner")

    def fields(self):
        return self.partner.fields_get(attributes=["string", "type"])

    def list(self, domain, fields):
        return self.partner.search_read(domain=domain, fields=fields, limit=5)

    def count(self, domain):
        return self.partner.search_count(domain=domain)

    def search(self, domain):
        return self.partner.search(domain=domain)

    def read(self, ids, fields):
        rows = self.partner.read(ids=ids, fields=fields)
        return [rows] if isinstance(rows, dict) else rows

    def create(self, values):
        return self.partner.create(vals_list=[values])[0]

    def write(self, ids, values):
        return self.partner.write(ids=ids, vals=values)

    def unlink(self, ids):
        return self.partner.unlink(ids=ids)

    @staticmethod
    def is_access_error(error):
        return "status code 403" in str(error) and "AccessError" in str(error)


class Json2:
    """odoo-json2: an environment like odoorpc's over JSON-2."""

    def __init__(self, demo, login, key):
        import odoo_json2
        from odoo_json2.exceptions import OdooAuthError, OdooServerException

        del login  # JSON-2 has the key alone
        type(self).refusals = (OdooServerException,)
        type(self).login_errors = (OdooAuthError,)
        client = odoo_json2.JSON2Client(demo.url, key, database=demo.database)
        self.version = client.version()["version"]
        client.call("res.users", "context_get")
        self.partner = client.env["res.partner"]

    def fields(self):
        return self.partner.fields_get(attributes=["string", "type"])

    def list(self, domain, fields):
        return self.partner.search_read(domain, fields, limit=5)

    def count(self, domain):
        return self.partner.search_count(domain)

    def search(self, domain):
        return self.partner.search(domain)

    def read(self, ids, fields):
        return self.partner.read(ids, fields)

    def create(self, values):
        return self.partner.create(values)[0]

    def write(self, ids, values):
        return self.partner.write(ids, values)

    def unlink(self, ids):
        return self.partner.unlink(ids)

    @staticmethod
    def is_access_error(error):
        return error.status_code == 403 and error.raw_error["name"].endswith("AccessError")


class Odooly:
    """odooly as it comes: a web session first, then JSON-2 with the key that opened it."""

    face = ""
    protocol = "JSON-2"

    def __init__(self, demo, login, key):
        import odooly

        type(self).refusals = (odooly.ServerError,)
        type(self).login_errors = (odooly.Error, odooly.ServerError)
        # It remembers who logged in as which user, with which password, for the whole process.
        odooly.Env._cache.clear()
        client = self.connect(odooly, demo, login, key)
        if client.env._execute_kw._protocol_name != self.protocol:
            raise AssertionError(f"spoken in {client.env._execute_kw._protocol_name}")
        self.version = client.server_version
        self.env = client.env
        self.partner = self.env._get("res.partner", check=False)

    def fields(self):
        return self.partner.fields()

    def list(self, domain, fields):
        return self.partner.search_read(domain, fields, limit=5)

    def count(self, domain):
        return self.partner.search_count(domain)

    def search(self, domain):
        return self.env.execute("res.partner", "search", domain)

    def read(self, ids, fields):
        return self.partner.read(ids, fields)

    def create(self, values):
        record = self.partner.create(values)
        if self.protocol == "JSON-2":  # which answers a list, also to one
            (record,) = record
        if record.name != values["name"]:
            raise AssertionError("a created record has another name")
        return record.id

    def write(self, ids, values):
        return self.env.execute("res.partner", "write", ids, values)

    def unlink(self, ids):
        return self.env.execute("res.partner", "unlink", ids)

    @staticmethod
    def is_access_error(error):
        return "AccessError" in str(error.args)

    def connect(self, odooly, demo, login, key):
        return odooly.Client(demo.url + self.face, demo.database, login, key)


class OdoolyXmlRpc(Odooly):
    """odooly with a URL of XML-RPC, which it no longer speaks: a web session again."""

    face = "/xmlrpc"


class OdoolyJsonRpc(Odooly):
    """odooly over `/jsonrpc`."""

    face = "/jsonrpc"
    protocol = "JSON-RPC"


class OdoolyApiKey(Odooly):
    """odooly with an API key, which it takes to JSON-2 alone."""

    def connect(self, odooly, demo, login, key):
        return odooly.Client(demo.url, demo.database, login, api_key=key)


class OdoolySession(Odooly):
    """odooly with every call by the cookie of its web session, as before Odoo 19."""

    protocol = "Web API"

    def connect(self, odooly, demo, login, key):
        client = super().connect(odooly, demo, login, key)
        client.env._execute_kw = client.env._call_kw
        info = client.web_session.get_session_info()
        if info["username"] != login or client.web_session.check() is not None:
            raise AssertionError(f"the session is another's: {info}")
        return client


class OdooConnect:
    """odoo-connect over `/jsonrpc`."""

    def __init__(self, demo, login, key):
        import odoo_connect

        type(self).refusals = (odoo_connect.OdooServerError,)
        type(self).login_errors = (odoo_connect.OdooConnectionError,)
        self.client = self.connect(odoo_connect, demo, login, key)
        self.version = self.client.major_version
        self.partner = self.client["res.partner"]

    def connect(self, odoo_connect, demo, login, key):
        return odoo_connect.connect(demo.url, demo.database, login, password=key)

    def fields(self):
        return self.partner.fields_get([], ["string", "type"])

    def list(self, domain, fields):
        return self.partner.search_read(domain, fields, limit=5)

    def count(self, domain):
        return self.partner.search_count(domain)

    def search(self, domain):
        return self.partner.execute("search", domain)

    def read(self, ids, fields):
        return self.partner.execute("read", ids, fields=fields)

    def create(self, values):
        return self.partner.execute("create", values)

    def write(self, ids, values):
        return self.partner.execute("write", ids, vals=values)

    def unlink(self, ids):
        return self.partner.execute("unlink", ids)

    @staticmethod
    def is_access_error(error):
        return error.get_data()["name"] == "odoo.exceptions.AccessError"


class OdooConnectJson2(OdooConnect):
    """odoo-connect over JSON-2: it names arguments by the documentation of the model."""

    def connect(self, odoo_connect, demo, login, key):
        del login  # JSON-2 has the key alone
        client = odoo_connect.connect(demo.url, demo.database, token=key)
        try:
            client["res.users"].context_get()
        except odoo_connect.OdooServerError as error:
            raise odoo_connect.OdooConnectionError(error) from error
        return client

    def create(self, values):
        return self.partner.execute("create", [values])[0]


CLIENTS = {
    "xmlrpc.client": XmlRpc,
    "odoorpc": OdooRpc,
    "erppeek": ErpPeek,
    "erppeek-jsonrpc": ErpPeekJson,
    "odoo-client-lib-xmlrpc": ClientLib,
    "odoo-client-lib-jsonrpc": ClientLibJson,
    "odoo-client-lib-json2": ClientLibJson2,
    "odoo-json2": Json2,
    "odooly": Odooly,
    "odooly-session": OdoolySession,
    "odooly-jsonrpc": OdoolyJsonRpc,
    "odooly-xmlrpc": OdoolyXmlRpc,
    "odooly-api-key": OdoolyApiKey,
    "odoo-connect": OdooConnect,
    "odoo-connect-json2": OdooConnectJson2,
}
