"""The checks' own tests: for each rule a small repository that breaks it, and one that does not."""
import os
import tempfile
import unittest

import arrows
import check
import shapes
import tools
import words
from tree import Tree

OPEN = "// What this owns.\n"


def findings(function, texts):
    """What a check finds in a repository of these files; each file is also written out, for the tools that read files."""
    with tempfile.TemporaryDirectory(prefix="stint-lint-test.") as folder:
        for path, text in texts.items():
            whole = os.path.join(folder, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(text)
        return list(function(Tree(folder, texts)))


class Arrows(unittest.TestCase):
    def refused(self, path, include, *others):
        texts = {path: f"{OPEN}#include {include}\n", **{other: OPEN for other in others}}
        return [f for f in findings(arrows.arrows, texts) if f.path == path]

    def test_core_sees_nobody(self):
        self.assertEqual(len(self.refused("daemon/core/a.hpp", '"ports/b.hpp"', "daemon/ports/b.hpp")), 1)
        self.assertEqual(len(self.refused("daemon/core/a.hpp", "<boost/json.hpp>")), 1)
        self.assertEqual(len(self.refused("daemon/core/a.hpp", "<unistd.h>")), 1)
        self.assertEqual(self.refused("daemon/core/a.hpp", "<vector>"), [])
        self.assertEqual(self.refused("daemon/core/a.hpp", '"core/b.hpp"', "daemon/core/b.hpp"), [])

    def test_http_never_sees_the_store_or_the_plugins(self):
        self.assertEqual(len(self.refused("daemon/http/a.cpp", '"store/store.hpp"', "daemon/store/store.hpp")), 1)
        self.assertEqual(len(self.refused("daemon/http/a.cpp", '"plugin_host/b.hpp"', "daemon/plugin_host/b.hpp")), 1)
        self.assertEqual(self.refused("daemon/http/a.cpp", '"app/b.hpp"', "daemon/app/b.hpp"), [])

    def test_app_sees_no_socket(self):
        self.assertEqual(len(self.refused("daemon/app/a.cpp", "<boost/asio/ip/tcp.hpp>")), 1)
        self.assertEqual(len(self.refused("daemon/app/a.cpp", "<boost/asio.hpp>")), 1)
        self.assertEqual(len(self.refused("daemon/app/a.cpp", "<sys/socket.h>")), 1)
        self.assertEqual(self.refused("daemon/app/a.cpp", "<boost/asio/awaitable.hpp>"), [])

    def test_no_plugin_sees_another_or_the_broker(self):
        self.assertEqual(len(self.refused("plugins/notify-smtp/a.cpp", '"plugins/notify-inbox/b.hpp"', "plugins/notify-inbox/b.hpp")), 1)
        self.assertEqual(len(self.refused("plugins/notify-smtp/a.cpp", '"app/b.hpp"', "daemon/app/b.hpp")), 1)
        self.assertEqual(len(self.refused("plugins/notify-smtp/a.cpp", "<ldap.h>")), 1)
        self.assertEqual(self.refused("plugins/directory-ldap/a.cpp", "<ldap.h>"), [])
        self.assertEqual(self.refused("plugins/notify-smtp/a.cpp", '"plugins/sdk/b.hpp"', "plugins/sdk/b.hpp"), [])

    def test_only_the_store_speaks_sql(self):
        self.assertEqual(len(self.refused("daemon/app/a.cpp", "<sqlite3.h>")), 1)
        self.assertEqual(self.refused("daemon/store/a.cpp", "<sqlite3.h>"), [])

    def test_the_client_sees_neither_app_nor_store(self):
        self.assertEqual(len(self.refused("client/cli/a.cpp", '"app/b.hpp"', "daemon/app/b.hpp")), 1)
        self.assertEqual(self.refused("client/cli/a.cpp", '"wire/b.hpp"', "daemon/wire/b.hpp"), [])

    def test_what_is_not_there_or_has_no_row_is_told(self):
        self.assertEqual(len(self.refused("daemon/core/a.hpp", '"core/none.hpp"')), 1)
        self.assertEqual(len(self.refused("daemon/attic/a.hpp", "<vector>")), 1)
        self.assertEqual(len(self.refused("daemon/core/a.hpp", '"tests/unit/b.hpp"', "tests/unit/b.hpp")), 1)


class Shapes(unittest.TestCase):
    def test_sizes(self):
        texts = {"daemon/core/a.cpp": "//\n" * 401, "daemon/core/b.cpp": "//\n" * 400,
                 "daemon/core/a.hpp": "//\n" * 291, "daemon/core/b.hpp": "//\n" * 290}
        self.assertEqual([f.path for f in findings(shapes.sizes, texts)], ["daemon/core/a.cpp", "daemon/core/a.hpp"])

    def test_function_sizes(self):
        long = "int grow(int a) {\n" + "    a++;\n" * 59 + "}\n"
        short = "int grow(int a) {\n" + "    a++;\n" * 58 + "}\n"
        kind = "struct Big {\n" + "    int a;\n" * 80 + "};\n"
        found = findings(shapes.function_sizes, {"daemon/core/a.cpp": short + long + kind})
        self.assertEqual([f.line for f in found], [61])

    def test_names(self):
        bad = ["daemon/core/util.hpp", "client/cli/common.cpp", "tests/unit/test_helpers.py", "plugins/sdk/string_utils.hpp", "dev.d/misc.sh"]
        good = ["daemon/core/utility_bill.hpp", "daemon/core/commons.hpp"]
        self.assertEqual([f.path for f in findings(shapes.names, dict.fromkeys(bad + good, OPEN))], sorted(bad))

    def test_openings(self):
        bad = {"daemon/core/a.cpp": "#pragma once\n", "dev.d/a.sh": "set -e\n", "a.py": "import os\n", "a.service": "[Unit]\n",
               "s.sql": "create table t(a);\n", "b.sh": "#!/bin/sh\nset -e\n"}
        good = {"daemon/core/b.cpp": OPEN, "dev.d/b.sh": "# This.\n", "b.py": '"""This."""\n', "c.py": "#!/usr/bin/python3\n# This.\n"}
        self.assertEqual([f.path for f in findings(shapes.openings, {**bad, **good})], sorted(bad))

    def test_lines(self):
        rules = {"tab": "\tint a;\n", "blank": "int a; \n", "wide": "int " + "a" * 200 + ";\n", "end": "int a;"}
        texts = {f"daemon/core/{name}.cpp": text for name, text in rules.items()}
        self.assertEqual(len(findings(shapes.lines, texts)), 4)
        table = {"daemon/core/a.hpp": '    X(one, rule, "' + "a" * 200 + '") \\\n', "daemon/core/b.cpp": 'say("' + "b" * 260 + '");\n'}
        self.assertEqual(findings(shapes.lines, table), [])

    def test_no_default(self):
        text = "switch (state) {\n    default: break;\n}\n"
        self.assertEqual(len(findings(shapes.no_default, {"daemon/core/a.cpp": text})), 1)
        self.assertEqual(findings(shapes.no_default, {"daemon/core/a.cpp": "A(const A&) = default;\n"}), [])

    def test_mirrors(self):
        texts = dict.fromkeys(["daemon/core/a.hpp", "plugins/notify-smtp/a.cpp", "tests/unit/core/a_test.cpp",
                               "tests/unit/core_time/b_test.cpp", "tests/unit/notify_smtp/c_test.cpp", "tests/unit/nowhere/d_test.cpp"], OPEN)
        self.assertEqual([f.path for f in findings(shapes.mirrors, texts)], ["tests/unit/nowhere/d_test.cpp"])


class Words(unittest.TestCase):
    def found(self, function, path, line):
        return len(findings(function, {path: line + "\n"})) == 1

    def test_each_word(self):
        rows = [
            (words.unfinished, "daemon/core/a.cpp", "// TODO: later", "mkdtemp(\"/tmp/a.XXXXXX\")"),
            (words.weak_tls, "plugins/directory-ldap/a.cpp", "int v = LDAP_OPT_X_TLS_NEVER;", "int v = LDAP_OPT_X_TLS_DEMAND;"),
            (words.weak_tls, "tests/a.py", "context.check_hostname = False", "context.check_hostname = True"),
            (words.weak_ldaprc, "config/a.conf", "TLS_REQCERT never", "TLS_REQCERT demand"),
            (words.shells, "daemon/core/a.cpp", "std::system(line);", "ticket_system(line);"),
            (words.shells, "daemon/core/a.cpp", "FILE* f = popen(line, mode);", "int a = open(line);"),
            (words.shells, "tests/a.py", "subprocess.run(line, shell=True)", "subprocess.run([program])"),
            (words.sleeps_in_tests, "tests/a.cpp", "std::this_thread::sleep_for(1s);", "std::this_thread::sleep_for(5ms);"),
            (words.sleeps_in_tests, "tests/a.cpp", "std::this_thread::sleep_for(delay);", "clock.sleep(delay);"),
            (words.sleeps_in_tests, "tests/a.py", "time.sleep(0.5)", "time.sleep(0.01)"),
            (words.sleeps_in_product, "daemon/app/a.cpp", "usleep(5);", "co_await clock_.sleep_for(5ms);"),
            (words.regexes, "daemon/core/a.cpp", "std::regex r;", "std::string r;"),
            (words.disabled_tests, "tests/a.cpp", "TEST(A, DISABLED_b) {}", "TEST(A, disabled_person) {}"),
            (words.other_python, "dev.d/a.sh", "python3 -m pytest", "/usr/bin/python3 -m pytest"),
            (words.unchecked_ids, "daemon/http/a.cpp", 'open("/proc/{}/stat");', 'open("/etc/passwd");'),
        ]
        for function, path, bad, good in rows:
            with self.subTest(line=bad):
                self.assertTrue(self.found(function, path, bad))
                self.assertFalse(self.found(function, path, good))


class Tools(unittest.TestCase):
    def run_tool(self, function, texts):
        try:
            return findings(function, texts)
        except check.Missing as tool:
            self.skipTest(f"{tool} is not installed")

    def test_shell(self):
        self.assertTrue(self.run_tool(tools.shell, {"a.sh": '#!/bin/bash\nrm $1/*\n'}))
        self.assertEqual(self.run_tool(tools.shell, {"a.sh": '#!/bin/bash\necho "$1"\n'}), [])

    def test_units(self):
        bad = {"systemd/a.service": "# This.\n[Service]\nExecStrat=/usr/sbin/stintd\n"}
        good = {"systemd/a.service": "# This.\n[Service]\nExecStart=/usr/sbin/stintd --config F\n"}
        self.assertTrue(self.run_tool(tools.unit_syntax, bad))
        self.assertEqual(self.run_tool(tools.unit_syntax, good), [])
        self.assertTrue(self.run_tool(tools.exposure, good))

    def test_users_and_folders(self):
        self.assertTrue(self.run_tool(tools.users_and_folders, {"systemd/sysusers.d/a.conf": "z stint -\n"}))
        self.assertTrue(self.run_tool(tools.users_and_folders, {"systemd/tmpfiles.d/a.conf": "? /etc/stint 0750 root stint -\n"}))

    def test_manual(self):
        self.assertTrue(self.run_tool(tools.manual, {"docs/man/a.8": ".TH\n.BOGUS\n"}))

    def test_openapi(self):
        head = "openapi: 3.1.0\npaths: {/a: {get: {$ref: '#/components/x'}}}\n"
        self.assertEqual(len(self.run_tool(tools.openapi, {"docs/openapi.yaml": head})), 1)
        self.assertEqual(self.run_tool(tools.openapi, {"docs/openapi.yaml": head + "components: {x: {}}\n"}), [])
        self.assertEqual(len(self.run_tool(tools.openapi, {"docs/openapi.yaml": "a: [\n"})), 1)

    def test_toml(self):
        self.assertEqual(len(self.run_tool(tools.toml, {"config/a.toml": "a = \n"})), 1)
        self.assertEqual(self.run_tool(tools.toml, {"config/a.toml": "a = 1\n"}), [])


class Register(unittest.TestCase):
    def test_every_rule_is_said_once(self):
        rules = [rule for rule, _ in check.CHECKS]
        self.assertEqual(len(rules), len(set(rules)))
        self.assertGreaterEqual(len(rules), 20)


if __name__ == "__main__":
    unittest.main()
