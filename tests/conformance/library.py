#!/usr/bin/python3
"""Goal: whoever has duban.h and libduban needs nothing else, and gets no name that is not duban's.
Method: read the shared library's symbols; compile, link and run the smallest C and C++ programs against it.
"""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
B = os.path.join(ROOT, os.environ.get("B", "build/release"))
LIBRARY = os.path.join(B, "lib", "libduban.so.1")
passed = failed = 0
PROGRAM = """#include <duban.h>
#include <stdio.h>
int main(void)
{
    struct duban_options options = {sizeof options, "ipc:///nonexistent/duban.sock"};
    struct duban *client = duban_open(&options);
    struct duban_event event = {sizeof event};
    event.type = "issue.raised";
    event.subject = "A-1";
    event.data_json = "{\\"title\\":\\"t\\",\\"area\\":\\"a\\"}";
    if (client == NULL || duban_fd(client) < 0 || duban_wait_ready(client, 20) == DUBAN_OK)
        return 1;
    if (duban_publish(client, &event, NULL, NULL) != DUBAN_OK || duban_unacknowledged(client) != 1)
        return 2;
    puts(duban_error(client));
    duban_close(client);
    return 0;
}
"""


def verdict(name, problem):
    global passed, failed
    passed, failed = (passed, failed + 1) if problem else (passed + 1, failed)
    if problem:
        print(f"FAILED {name}: {problem}")


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more)


def symbols(*options):
    lines = run("nm", "-D", *options, LIBRARY).stdout.split("\n")
    return {line.split()[-1].split("@")[0] for line in lines if line.strip()}


def declared():
    with open(os.path.join(ROOT, "proto", "duban.h")) as header:
        text = header.read()
    words = "".join(c if c.isalnum() or c == "_" or c == "(" else " " for c in text).split()
    return {w.split("(")[0].lstrip("*") for w in words if "(" in w and w.startswith("duban_") and not w.startswith("duban_on_")}


SANITIZED = [f"-fsanitize={which}" for which, mark in (("address", "__asan_init"), ("undefined", "__ubsan_"), ("thread", "__tsan_init"))
             if any(s.startswith(mark) for s in symbols("--undefined-only"))]


def manual():
    with open(os.path.join(ROOT, "docs", "man", "duban.3")) as page:
        return page.read()


def example():
    """The manual's own program; there is no broker that it could reach."""
    return manual().split(".Bd -literal -offset indent\n")[1].split(".Ed")[0].replace("\\e", "\\").replace("10000", "20")


def compile_and_run(name, compiler, suffix, extra, link, program_text=PROGRAM, wanted=(0, "no such socket")):
    """Compiles with the compiler, links with gcc: a C++ program that needs no C++ library needs none for duban.h either."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(ROOT, "proto", "duban.h"), os.path.join(folder, "duban.h"))
        source, part, program = (os.path.join(folder, "use" + end) for end in (suffix, ".o", ""))
        with open(source, "w") as out:
            out.write(program_text)
        made = run(compiler, *extra, "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-pedantic", "-Werror", "-I" + folder,
                   "-c", source, "-o", part)
        if made.returncode == 0:
            made = run("gcc", *SANITIZED, part, "-o", program, *link)
        if made.returncode != 0:
            return verdict(name, "does not compile:\n" + made.stdout)
        ran = run(program, env={**os.environ, "LD_LIBRARY_PATH": os.path.join(B, "lib"), "DUBAN_ENDPOINT": "ipc:///nonexistent/duban.sock"})
        verdict(name, "" if ran.returncode == wanted[0] and wanted[1] in ran.stdout else f"exit code {ran.returncode}: {ran.stdout}")


exported = {s for s in symbols("--defined-only") if not (SANITIZED and s.startswith("__"))}
verdict("exports are declared", ", ".join(sorted(exported - declared())))
verdict("what is declared is exported", ", ".join(sorted(declared() - exported)))
verdict("soname", "" if "libduban.so.1" in run("objdump", "-p", LIBRARY).stdout else "not libduban.so.1")
verdict("the manual has them all", ", ".join(sorted(name for name in declared() if f".Fn {name}" not in manual() and f".Fo {name}" not in manual())))
shared = ["-L" + os.path.join(B, "lib"), "-lduban"]
libraries = run("pkg-config", "--libs", "libzmq", "msgpack", "libsodium", "jansson", "libsystemd", "libxxhash").stdout.split()
compile_and_run("C", "gcc", ".c", ["-std=c11"], shared)
compile_and_run("C++", "clang++", ".cc", ["-std=c++11", "-fno-exceptions"], shared)
compile_and_run("C, static", "gcc", ".c", ["-std=c11"], [os.path.join(B, "lib", "libduban.a"), *libraries])
compile_and_run("the manual's example", "gcc", ".c", ["-std=c11"], shared, example(), (1, "not acknowledged within 20 ms"))

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
