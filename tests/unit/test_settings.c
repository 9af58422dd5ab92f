/* Goal: duband starts with settings that make sense or says what is wrong and where. Method: whole files are
 * loaded, good and bad, and for each bad one the first finding is compared.
 */
#include "base/file.h"
#include "base/log.h"
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct loaded {
    struct arena arena;
    struct settings *settings;
    struct findings *findings;
    int code;
};

static struct loaded load(const char *yaml, const char *state, const char *run)
{
    struct loaded loaded;
    char path[] = "/tmp/duban-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
    (void)close(fd);
    arena_open(&loaded.arena, 64 << 20);
    loaded.settings = arena_alloc(&loaded.arena, sizeof(*loaded.settings));
    loaded.findings = arena_alloc(&loaded.arena, sizeof(*loaded.findings));
    loaded.code = settings_load_over(&loaded.arena, path, state, run, loaded.settings, loaded.findings);
    (void)unlink(path);
    return loaded;
}

static void unload(struct loaded *loaded)
{
    arena_close(&loaded->arena);
}

static void assert_text(struct text t, const char *wanted)
{
    if (!text_is(t, wanted))
        fail_msg("\"%.*s\", wanted \"%s\"", TEXT_PRINT(t), wanted);
}

static void test_works_without_a_file(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 64 << 20);
    struct settings *settings = arena_alloc(&arena, sizeof(*settings));
    struct findings *findings = arena_alloc(&arena, sizeof(*findings));
    assert_int_equal(settings_load_over(&arena, NULL, "/var/x", "/run/x", settings, findings), 0);
    assert_int_equal(findings->count, 0);
    assert_text(settings->state_directory, "/var/x");
    assert_text(settings->out_directory, "/var/x/out");
    assert_text(settings->publisher_endpoints[0], "ipc:///run/x/publish.sock");
    assert_text(settings->worker_endpoints[0], "ipc:///run/x/work.sock");
    assert_false(settings->replay);
    assert_int_equal(settings->keys_count, 0);
    assert_int_equal(settings->replay_roles_count, 8);
    assert_text(settings->log_level, "info");
    assert_true(settings->segment_bytes > 0 && settings->map_bytes_max > 0);
    arena_close(&arena);
}

/* This program lies in a build/ folder when make runs it: then nothing of the machine is touched. */
static void test_a_checkout_keeps_to_itself(void **state)
{
    (void)state;
    char program[4096];
    ssize_t bytes = readlink("/proc/self/exe", program, sizeof(program) - 1);
    assert_true(bytes > 0);
    program[bytes] = '\0';
    const char *build = strstr(program, "/build/");
    if (build == NULL)
        skip();
    struct arena arena;
    arena_open(&arena, 64 << 20);
    struct settings *settings = arena_alloc(&arena, sizeof(*settings));
    struct findings *findings = arena_alloc(&arena, sizeof(*findings));
    assert_int_equal(settings_load_over(&arena, NULL, NULL, "/run/x", settings, findings), 0);
    struct text root = {program, (size_t)(build - program)};
    assert_true(text_starts_with(settings->state_directory, root));
    assert_true(text_starts_with(settings_config_directory(&arena), root));
    arena_close(&arena);
}

static void test_reads_everything(void **state)
{
    (void)state;
    struct loaded loaded =
        load("state: /a\nrun: /b\nout: /c\n"
             "publish: [\"ipc:///b/p\", \"tcp://127.0.0.1:7711\"]\n"
             "work: [\"ipc:///b/w\"]\n"
             "curve-secret-file: /etc/duban/curve.secret\n"
             "clock: replay\nreplay-roles: [deadlines, tasks]\n"
             "journal-bytes-max: 2147483648\nsegment-bytes: 1048576\nmap-bytes-max: 1073741824\n"
             "log-level: debug\n"
             "keys:\n"
             "  - name: 市财政局\n"
             "    curve: \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n"
             "    types: [opinion, task]\n"
             "    charters: [shenzhen-2020]\n"
             "    units: [市财政局]\n"
             "  - name: workers\n"
             "    uid: root\n"
             "    role: any\n"
             "    operate: true\n",
             NULL, NULL);
    const struct settings *settings = loaded.settings;
    assert_int_equal(loaded.code, 0);
    assert_text(settings->state_directory, "/a");
    assert_text(settings->out_directory, "/c");
    assert_int_equal(settings->publisher_endpoints_count, 2);
    assert_text(settings->publisher_endpoints[1], "tcp://127.0.0.1:7711");
    assert_text(settings->worker_endpoints[0], "ipc:///b/w");
    assert_true(settings->replay);
    assert_int_equal(settings->replay_roles_count, 2);
    assert_text(settings->replay_roles[0], "deadlines");
    assert_int_equal(settings->journal_bytes_max, 2147483648);
    assert_int_equal(settings->segment_bytes, 1048576);
    assert_text(settings->log_level, "debug");
    assert_int_equal(settings->keys_count, 2);
    assert_text(settings->keys[0].name, "市财政局");
    assert_int_equal(settings->keys[0].uid, -1);
    assert_int_equal(settings->keys[0].types_count, 2);
    assert_text(settings->keys[0].units[0], "市财政局");
    assert_int_equal(settings->keys[1].uid, 0);
    assert_text(settings->keys[1].role, "any");
    assert_true(settings->keys[1].operate);
    unload(&loaded);
}

static void test_only_comments_are_defaults(void **state)
{
    (void)state;
    struct loaded loaded = load("# nothing\n", "/s", "/r");
    assert_int_equal(loaded.code, 0);
    assert_text(loaded.settings->state_directory, "/s");
    unload(&loaded);
}

static void test_the_command_line_wins(void **state)
{
    (void)state;
    struct loaded loaded = load("state: /a\nrun: /b\nwork: [\"ipc:///elsewhere/w\"]\n", "/s", "r");
    assert_int_equal(loaded.code, 0);
    assert_text(loaded.settings->state_directory, "/s");
    assert_int_equal(loaded.settings->run_directory.at[0],
                     '/'); /* relative to here, but endpoints cannot be */
    assert_true(text_starts_with(loaded.settings->publisher_endpoints[0], TEXT("ipc:///")));
    assert_text(loaded.settings->worker_endpoints[0], "ipc:///elsewhere/w");
    unload(&loaded);
}

#define MAIL "mail: {server: \"smtp://mx\", from: duban@b.cn}\n"

static const struct {
    const char *yaml;
    const char *path, *says;
} wrong[] = {
    {"stat: /a\n", "stat", "state"},
    {"state: var\n", "state", "absolute"},
    {"clock: fast\n", "clock", "unknown word"},
    {"log-level: loud\n", "log-level", "unknown word"},
    {"replay-roles: [task]\n", "replay-roles", "no worker role"},
    {"replay-roles: [duband]\n", "replay-roles", "no worker role"},
    {"segment-bytes: 12\n", "segment-bytes", "too small"},
    {"segment-bytes: many\n", "segment-bytes", ""},
    {"publish: [\"tcp://127.0.0.1:7711\"]\n", "publish", "no curve-secret-file"},
    {"publish: [\"udp://127.0.0.1:7711\"]\n", "publish", "neither"},
    {"work: [\"ipc://relative\"]\n", "work", "neither"},
    {"work: [a, b, c, d, e]\n", "work", "more than 4"},
    {"keys: {}\n", "keys", "list"},
    {"keys: [1]\n", "keys[0]", "map"},
    {"keys: [{uid: 1}]\n", "keys[0].name", "missing"},
    {"keys: [{name: x}]\n", "keys[0].name", "neither"},
    {"keys: [{name: worker/x, uid: 1}]\n", "keys[0].name", "must not contain"},
    {"keys: [{name: duband, uid: 1}]\n", "keys[0].name", "broker"},
    {"keys: [{name: x, uid: no-such-user}]\n", "keys[0].uid", "no user"},
    {"keys: [{name: x, uid: -4}]\n", "keys[0].uid", "no user number"},
    {"keys: [{name: x, curve: short}]\n", "keys[0].curve", "40 Z85"},
    {"keys: [{name: x, uid: 1, role: clerk}]\n", "keys[0].role", "no worker role"},
    {"keys: [{name: x, uid: 1, type: [a]}]\n", "keys[0].type", "types"},
    {"keys: [{name: x, uid: 1, types: [issue], units: [a]}]\n", "keys[0].charters", "missing"},
    {"keys: [{name: x, uid: 1, types: [issue], charters: [a]}]\n", "keys[0].units", "missing"},
    {"keys: [{name: x, uid: 1, types: [isue], charters: [a], units: [a]}]\n", "keys[0].types", "\"issue\""},
    {"keys: [{name: x, uid: 1, types: [issue.raise], charters: [a], units: [a]}]\n", "keys[0].types",
     "\"issue.raised\""},
    {"keys: [{name: x, uid: 1, types: [iss], charters: [a], units: [a]}]\n", "keys[0].types", "no report"},
    {"keys: [{name: x, uid: 1, types: [task, bulletin.published], charters: [a], units: [a]}]\n",
     "keys[0].types", "workers alone"},
    {"keys: [{name: x, uid: 1}, {name: x, uid: 2}]\n", "keys[1].name", "another key"},
    {"keys: [{name: x, uid: 1}, {name: y, uid: 1}]\n", "keys[1].uid", "another key"},
    {"mail: {from: a@b.cn}\n", "mail.server", "missing"},
    {"mail: {server: \"smtp://mx\"}\n", "mail.from", "missing"},
    {"mail: {server: mx, from: a@b.cn}\n", "mail.server", "smtp://host"},
    {"mail: {server: \"http://mx\", from: a@b.cn}\n", "mail.server", "smtp://host"},
    {"mail: {server: \"smtp://u:p@mx\", from: a@b.cn}\n", "mail.server", "keys of their own"},
    {"mail: {server: \"smtp://\", from: a@b.cn}\n", "mail.server", "smtp://host"},
    {"mail: {server: \"smtp://mx\", from: \"x <a@b.cn>\"}\n", "mail.from", "plain address"},
    {"mail: {server: \"smtp://mx\", from: a@b.cn, user: u}\n", "mail.user", "password-file"},
    {"mail: {server: \"smtp://mx\", from: a@b.cn, password-file: /p}\n", "mail.password-file", "user"},
    {"mail: {server: \"smtp://mx\", from: a@b.cn, user: u, password-file: p}\n", "mail.password-file",
     "absolute"},
    {"mail: {server: \"smtp://mx\", from: a@b.cn, user: u, password-file: /p, tls: none}\n", "mail.tls",
     "password"},
    {"mail: {server: \"smtp://mx\", from: a@b.cn, tls: maybe}\n", "mail.tls", "unknown word"},
    {"webhooks: {}\n", "webhooks", "list"},
    {"webhooks: [1]\n", "webhooks[0]", "map"},
    {"webhooks: [{name: x, url: \"https://h/\"}]\n", "webhooks[0].secret-file", "missing"},
    {"webhooks: [{name: x, secret-file: /s}]\n", "webhooks[0].url", "missing"},
    {"webhooks: [{name: x, secret-file: s, url: \"https://h/\"}]\n", "webhooks[0].secret-file", "absolute"},
    {"webhooks: [{name: x, secret-file: [/1, /2, /3, /4, /5], url: \"https://h/\"}]\n",
     "webhooks[0].secret-file", "1 to 4"},
    {"webhooks: [{name: x, secret-file: /s, url: \"http://example.com/\"}]\n", "webhooks[0].url", "https"},
    {"webhooks: [{name: x, secret-file: /s, url: \"http://localhost.example.com/\"}]\n", "webhooks[0].url",
     "https"},
    {"webhooks: [{name: x, secret-file: /s, url: \"https://u:p@h/\"}]\n", "webhooks[0].url", "https"},
    {"webhooks: [{name: x, secret-file: /s, url: \"file:///etc/passwd\"}]\n", "webhooks[0].url", "https"},
    {"webhooks: [{name: x, secret-file: /s, url: \"https://h/a b\"}]\n", "webhooks[0].url", "https"},
    {"webhooks: [{name: x, secret-file: /s, url: \"https://h/\"}, {name: x, secret-file: /s, url: "
     "\"https://h/\"}]\n",
     "webhooks[1].name", "another webhook"},
    {"contacts: {p: a@b.cn}\n", "contacts.p", "map"},
    {"contacts: {p: {mail: [a@b.cn]}}\n", "contacts.p.mail", "no \"mail\""},
    {"contacts: {p: {webhook: x}}\n", "contacts.p.webhook", "no webhook"},
    {"contacts: {p: {phone: 1}}\n", "contacts.p.phone", "unknown key"},
    {MAIL "contacts: {p: {mail: [a@b.cn, b]}}\n", "contacts.p.mail", "\"b\""},
    {MAIL "contacts: {p: {mail: [\"a@b.cn>\\r\\nRCPT TO:<evil@x\"]}}\n", "", "control characters"},
    {MAIL "contacts: {p: {mail: [\"a@b@c\"]}}\n", "contacts.p.mail", "no plain address"},
    {MAIL "contacts: {p: {mail: [\"-f@b.cn\"]}}\n", "contacts.p.mail", "no plain address"},
    {MAIL "contacts: {p: {mail: [\"某@b.cn\"]}}\n", "contacts.p.mail", "no plain address"},
    {"contacts: {}\ncontacts-file: /c\n", "contacts-file", "exclude"},
    {"contacts-file: /nonexistent\n", "contacts-file", "cannot be read"},
    {"deliveries: {attempts: 0}\n", "deliveries.attempts", ""},
    {"deliveries: {first-seconds: 60, cap-seconds: 30}\n", "deliveries.cap-seconds", "less than"},
    {"- a\n", "", "map"},
};

static void test_says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct loaded loaded = load(wrong[i].yaml, NULL, "/run/x");
        if (loaded.code == 0 || loaded.findings->count == 0)
            fail_msg("not refused: %s", wrong[i].yaml);
        const struct finding *finding = &loaded.findings->at[0];
        struct text message = arena_printf(&loaded.arena, "%.*s", TEXT_PRINT(finding->message));
        if (!text_is(finding->path, wrong[i].path) || strstr(message.at, wrong[i].says) == NULL)
            fail_msg("%s: %.*s: %s", wrong[i].yaml, TEXT_PRINT(finding->path), message.at);
        unload(&loaded);
    }
}

static void test_a_socket_path_fits(void **state)
{
    (void)state;
    char run[200];
    memset(run, 'r', sizeof(run));
    run[0] = '/';
    run[107 - sizeof("/publish.sock") + 1] = '\0';
    struct loaded fits = load("", "/s", run);
    assert_int_equal(fits.code, 0);
    unload(&fits);
    memset(run, 'r', sizeof(run));
    run[0] = '/';
    run[108 - sizeof("/publish.sock") + 1] = '\0';
    struct loaded too_long = load("", "/s", run);
    assert_int_equal(too_long.code, YAML_E_MALFORMED);
    assert_int_equal(too_long.findings->errors, 1); /* work.sock is shorter and still fits */
    unload(&too_long);
}

static void test_a_named_file_must_exist(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 64 << 20);
    struct settings *settings = arena_alloc(&arena, sizeof(*settings));
    struct findings *findings = arena_alloc(&arena, sizeof(*findings));
    assert_int_equal(settings_load_over(&arena, "/nonexistent/duban.yaml", "/s", "/r", settings, findings),
                     YAML_E_MALFORMED);
    assert_int_equal(findings->errors, 1);
    arena_close(&arena);
}

/* The example that is shipped shows the defaults: all in comments, and right when they are taken out of them.
 */
static void test_the_example_is_right(void **state)
{
    (void)state;
    struct arena arena;
    struct text example;
    struct complaint complaint;
    arena_open(&arena, 64 << 20);
    assert_int_equal(file_read(&arena, "config/duban.yaml", 65536, &example, &complaint), 0);
    char *yaml = arena_alloc(&arena, example.bytes + 1);
    size_t bytes = 0;
    for (size_t i = 0; i < example.bytes; i++) {
        bool line = i == 0 || example.at[i - 1] == '\n';
        if (line && example.at[i] == '#' && i + 1 < example.bytes && example.at[i + 1] != ' ' &&
            example.at[i + 1] != '\n')
            continue; /* "#key: value"; prose has a blank behind its # */
        yaml[bytes++] = example.at[i];
    }
    struct loaded shown = load(yaml, NULL, NULL), plain = load(example.at, NULL, NULL);
    struct text first = findings_first(shown.findings, &arena);
    if (shown.code != 0)
        fail_msg("%.*s", TEXT_PRINT(first));
    assert_int_equal(plain.code, 0);
    assert_int_equal(plain.settings->keys_count, 0);
    assert_int_equal(shown.settings->segment_bytes, plain.settings->segment_bytes);
    assert_int_equal(shown.settings->map_bytes_max, plain.settings->map_bytes_max);
    assert_int_equal(shown.settings->replay, plain.settings->replay);
    assert_int_equal(shown.settings->replay_roles_count, plain.settings->replay_roles_count);
    assert_text(shown.settings->state_directory, "/var/lib/duban");
    unload(&shown);
    unload(&plain);
    arena_close(&arena);
}

/* ---- people outside ---- */

static void test_reads_how_people_are_reached(void **state)
{
    (void)state;
    struct loaded loaded = load(
        "mail:\n  server: smtps://mx.example.gov.cn:465\n  from: duban@example.gov.cn\n  user: duban\n"
        "  password-file: /etc/duban/mail.password\n  ca-file: /etc/ssl/own.pem\n"
        "webhooks:\n  - name: oa\n    url: https://oa.example.gov.cn/hooks/duban?v=1\n"
        "    secret-file: [/etc/duban/oa.new, /etc/duban/oa.old]\n"
        "  - {name: here, url: \"http://127.0.0.1:8080/h\", secret-file: /s}\n"
        "contacts:\n  finance.clerk: {mail: [a@b.cn, c@d.cn], webhook: oa}\n  市财政局: {webhook: here}\n"
        "  town/office.director: {mail: e@f.cn}\n"
        "deliveries: {attempts: 3, first-seconds: 2, cap-seconds: 8}\n",
        NULL, "/run/x");
    const struct settings_outside *outside = &loaded.settings->outside;
    assert_int_equal(loaded.code, 0);
    assert_text(outside->mail.server, "smtps://mx.example.gov.cn:465");
    assert_text(outside->mail.from, "duban@example.gov.cn");
    assert_text(outside->mail.user, "duban");
    assert_text(outside->mail.password_file, "/etc/duban/mail.password");
    assert_text(outside->mail.ca_file, "/etc/ssl/own.pem");
    assert_false(outside->mail.plain);
    assert_int_equal(outside->webhooks_count, 2);
    assert_text(outside->webhooks[0].url, "https://oa.example.gov.cn/hooks/duban?v=1");
    assert_int_equal(outside->webhooks[0].secrets_count, 2);
    assert_text(outside->webhooks[0].secret_files[1], "/etc/duban/oa.old");
    assert_int_equal(outside->contacts_count, 3);
    assert_text(outside->contacts[0].mail[1], "c@d.cn");
    assert_text(outside->contacts[0].webhook, "oa");
    assert_text(outside->contacts[1].name, "市财政局");
    assert_int_equal(outside->contacts[1].mail_count, 0);
    assert_int_equal(outside->attempts_max, 3);
    assert_int_equal(outside->first_us, 2000000);
    assert_int_equal(outside->cap_us, 8000000);
    unload(&loaded);
}

static void test_contacts_may_have_a_file_of_their_own(void **state)
{
    (void)state;
    char path[] = "/tmp/duban-contacts-XXXXXX", yaml[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char contacts[] = "office.director: {mail: [a@b.cn]}\n市财政局: {mail: nobody}\n";
    assert_int_equal(write(fd, contacts, strlen(contacts)), (ssize_t)strlen(contacts));
    (void)snprintf(yaml, sizeof yaml, MAIL "contacts-file: %s\n", path);
    struct loaded faulty = load(yaml, NULL, "/run/x");
    assert_int_equal(faulty.code, YAML_E_MALFORMED);
    struct text message = arena_printf(&faulty.arena, "%.*s", TEXT_PRINT(faulty.findings->at[0].message));
    assert_non_null(strstr(message.at, path)); /* and where in it */
    assert_non_null(strstr(message.at, ":2:"));
    unload(&faulty);
    assert_int_equal(ftruncate(fd, (off_t)strlen("office.director: {mail: [a@b.cn]}\n")), 0);
    (void)close(fd);
    struct loaded loaded = load(yaml, NULL, "/run/x");
    assert_int_equal(loaded.code, 0);
    assert_int_equal(loaded.settings->outside.contacts_count, 1);
    assert_text(loaded.settings->outside.contacts[0].mail[0], "a@b.cn");
    unload(&loaded);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_works_without_a_file),
        cmocka_unit_test(test_a_checkout_keeps_to_itself),
        cmocka_unit_test(test_reads_everything),
        cmocka_unit_test(test_only_comments_are_defaults),
        cmocka_unit_test(test_the_command_line_wins),
        cmocka_unit_test(test_says_what_is_wrong),
        cmocka_unit_test(test_a_socket_path_fits),
        cmocka_unit_test(test_a_named_file_must_exist),
        cmocka_unit_test(test_the_example_is_right),
        cmocka_unit_test(test_reads_how_people_are_reached),
        cmocka_unit_test(test_contacts_may_have_a_file_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
