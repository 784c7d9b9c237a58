"""The parameters of Odoo's methods, from the recorded server: not from our own table."""

import ast
import json

from seeds import FACTS


class Signatures:
    def __init__(self):
        self.base = {}
        with open(FACTS / "odoo" / "base_public_methods.tsv", encoding="utf-8") as lines:
            for line in list(lines)[1:]:
                method, kind, _, signature = line.rstrip("\n").split("\t")
                self.base[method] = (kind == "ids", *named(signature))
        self.own = {}
        with open(FACTS / "odoo" / "schema" / "methods.json", encoding="utf-8") as file:
            for model, methods in json.load(file).items():
                for method, facts in methods.items():
                    on_model = any("model" in str(mark) for mark in facts["api"] or ())
                    self.own[model, method] = (not on_model, *named(facts["signature"]))
        # The record has no settings; their reader is as Odoo 19's source has it.
        self.own.setdefault(("ir.config_parameter", "get_param"), (False, *named("(self, key, default=False)")))

    def of(self, model, method):
        base = self.base.get(method)
        # The models' own record has the whole signature of what all models have.
        own = self.own.get((model, method)) or (base and self.own.get(("res.partner", method)))
        return (base[0], *own[1:]) if base and own else own or base

    def parameters(self, model, method):
        found = self.of(model, method)
        return found and found[1]

    def takes_ids(self, model, method):
        found = self.of(model, method)
        return bool(found and found[0])

    def defaults(self, model, method):
        found = self.of(model, method)
        return found[2] if found else {}


def named(signature):
    """Names and defaults of a signature as Python writes it, without `self`. Long ones are cut
    off in the record: what stands whole is read."""
    while True:
        try:
            arguments = ast.parse(f"def f{signature}: pass").body[0].args
            break
        except SyntaxError:
            signature = signature.rpartition(",")[0] + ")"
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    defaults = dict(zip(names[len(names) - len(arguments.defaults):], map(literal, arguments.defaults)))
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        defaults[one.arg] = literal(default)
    return [name for name in names if name != "self"], defaults


def literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
