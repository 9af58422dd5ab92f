/* test_courier.c - goal: letters and calls are what RFC 5322 and Standard Webhooks say, whatever stands in an
 * event, and a delivery finds its contact. Method: a golden letter and the specification's own signature
 * (both also made by Python's email and hmac), hostile texts, a courier that is asked but never sends, and
 * transfers to servers on loopback (tests/support/loopback.py) in clear text and with TLS; what follows from
 * them is the business of tests/e2e/notify.sh.
 */
#include "base/digest.h"
#include "base/loop.h"
#include "workers/courier/courier.h"
#include "workers/courier/mail.h"
#include "workers/courier/webhook.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    digest_init();
    arena_open(&arena, 16777216);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static struct event sent_event(const char *text, const char *post)
{
    struct doc *data = doc_new(&arena);
    doc_set_text(data, FIELD_POST, text_from(post));
    doc_set_text(data, FIELD_CHANNEL, TEXT("mail"));
    doc_set_text(data, FIELD_TEXT, text_from(text));
    doc_set_text(data, FIELD_EVENT, TEXT("issue.opened"));
    doc_set_int(data, FIELD_SEQ, 17);
    return (struct event){.id = TEXT("notifications-17-1-1"),
                          .source = TEXT("/worker/notifications"),
                          .type = &event_types[EVENT_NOTIFICATION_SENT],
                          .type_name = TEXT("notification.sent"),
                          .subject = TEXT("WT-1"),
                          .charter = TEXT("town"),
                          .time_us = INT64_C(1580695200) * CIVIL_SECOND_US, /* 2020-02-03 10:00 in Beijing */
                          .time_zone = 480,
                          .data = data};
}

static struct text letter_of(const struct event *sent)
{
    static const struct text to[] = {{"a@example.gov.cn", 16}, {"b@example.gov.cn", 16}};
    const struct letter letter = {.id = TEXT("0123-notifications-17-1-1"),
                                  .from = TEXT("duban@example.gov.cn"),
                                  .to = to,
                                  .to_count = 2,
                                  .sent = sent};
    return mail_write(&arena, &letter);
}

/* ---- letters ---- */

static void test_the_letter(void **state)
{
    (void)state;
    struct event sent = sent_event("新问题“税费申报”（WT-1）", "finance.clerk");
    static const char golden[] =
        "Date: Mon, 03 Feb 2020 10:00:00 +0800\r\n"
        "From: <duban@example.gov.cn>\r\n"
        "To: <a@example.gov.cn>,\r\n"
        " <b@example.gov.cn>\r\n"
        "Subject: =?UTF-8?B?552j5Yqe77ya5paw6Zeu6aKY4oCc56iO6LS555Sz5oql4oCd77yIV1Qt?=\r\n"
        " =?UTF-8?B?Me+8iQ==?=\r\n"
        "Message-ID: <0123-notifications-17-1-1@example.gov.cn>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "\r\n"
        "ZmluYW5jZS5jbGVya++8mg0KDQrmlrDpl67popjigJznqI7otLnnlLPmiqXigJ3vvIhXVC0x77yJ\r\n"
        "DQoNCuWyl+S9je+8mmZpbmFuY2UuY2xlcmsNCue8luWPt++8miMxNw0K5LqL6aG577yaV1QtMQ0K\r\n"
        "77yI5pys6YKu5Lu255Sx552j5Yqe57O757uf6Ieq5Yqo5Y+R5Ye644CC77yJDQo=\r\n";
    assert_string_equal(arena_text_copy(&arena, letter_of(&sent)).at, golden);
}

/* Every line is a header that we know or a continuation, until the empty line; behind it base64 alone. */
static void assert_well_formed(struct text letter)
{
    static const char *const known[] = {"Date: ",
                                        "From: ",
                                        "To: ",
                                        "Subject: ",
                                        "Message-ID: ",
                                        "Auto-Submitted: ",
                                        "MIME-Version: ",
                                        "Content-Type: ",
                                        "Content-Transfer-Encoding: ",
                                        " "};
    bool body = false;
    for (size_t at = 0; at < letter.bytes;) {
        const char *end = memmem(letter.at + at, letter.bytes - at, "\r\n", 2);
        assert_non_null(end);
        struct text line = {letter.at + at, (size_t)(end - letter.at) - at};
        assert_true(line.bytes <= 78);
        bool fits = body;
        for (size_t i = 0; !body && i < sizeof known / sizeof *known; i++)
            fits = fits || text_starts_with(line, text_from(known[i]));
        for (size_t i = 0; i < line.bytes; i++)
            fits = fits && line.at[i] >= ' ' && line.at[i] < 0x7F && !(body && line.at[i] == ' ');
        body = body || line.bytes == 0;
        if (!fits && line.bytes > 0)
            fail_msg("no such line belongs into a letter: %.*s", TEXT_PRINT(line));
        at += line.bytes + 2;
    }
    assert_true(body);
}

static void test_no_text_begins_a_header_of_its_own(void **state)
{
    (void)state;
    static const char *const wicked[] = {
        "x\r\nBcc: evil@example.com\r\n\r\nbody",
        "\r\n.\r\nQUIT\r\n",
        "=?UTF-8?B?eA==?=\r\n X-Evil: 1",
        "\n\n",
        "\x7f\x01\x1b[31m",
        "某某某某某某某某某某某某某某某某某某某某某某某某某某某某某某",
    };
    for (size_t i = 0; i < sizeof wicked / sizeof *wicked; i++) {
        struct event sent = sent_event(wicked[i], "finance.clerk\r\nRCPT TO:<evil@example.com>");
        sent.subject = text_from("A\r\nX-Evil: yes");
        assert_well_formed(letter_of(&sent));
    }
}

/* ---- calls ---- */

/* The example of the Standard Webhooks specification. */
static void test_the_signature(void **state)
{
    (void)state;
    struct bytes secrets[2];
    assert_true(webhook_secret(&arena, TEXT("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"), &secrets[0]));
    struct text id = TEXT("msg_p5jXN8AQM9LWM0D4loKWxJek"), body = TEXT("{\"test\": 2432232314}");
    assert_true(text_is(webhook_signature(&arena, secrets, 1, id, 1614265330, body),
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    secrets[1] = (struct bytes){(const unsigned char *)"another secret of thirty-two byte", 32};
    struct text both = webhook_signature(&arena, secrets, 2, id, 1614265330, body);
    assert_true(text_starts_with(both, TEXT("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,")));
    assert_int_equal(both.bytes, 2 * (3 + 44) + 1);
}

static void test_what_is_no_secret(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "whsec_",
                                        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                        "whsec_c2hvcnQ=",
                                        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=",
                                        "whsec_MfKQ9r8GKYqr TwjUPD8ILPZIo2LaLaSw"};
    struct bytes secret;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(webhook_secret(&arena, text_from(wrong[i]), &secret));
}

/* ---- who is reached ---- */

static const struct settings_contact contacts[] = {
    {.name = {"finance.clerk", 13}, .mail = {{"clerk@b.cn", 10}}, .mail_count = 1},
    {.name = {"oa.clerk", 8}, .webhook = {"oa", 2}},
    {.name = {"town/office", 11}, .mail = {{"town@b.cn", 9}}, .mail_count = 1},
    {.name = {"office", 6}, .webhook = {"oa", 2}},
    {.name = {"市财政局", 12}, .mail = {{"unit@b.cn", 9}}, .mail_count = 1, .webhook = {"bb", 2}},
};

static struct courier *courier_of(const char *secret_file, int *code_out, struct complaint *complaint)
{
    struct settings_webhook *webhooks = arena_alloc(&arena, 2 * sizeof *webhooks);
    struct settings_outside *settings = arena_alloc(&arena, sizeof *settings);
    webhooks[0] = (struct settings_webhook){.name = TEXT("oa"),
                                            .url = TEXT("https://127.0.0.1:1/"),
                                            .secret_files = {text_from(secret_file)},
                                            .secrets_count = 1};
    webhooks[1] = webhooks[0];
    webhooks[1].name = TEXT("bb");
    *settings =
        (struct settings_outside){.mail = {.server = TEXT("smtp://127.0.0.1:1"), .from = TEXT("duban@b.cn")},
                                  .webhooks = webhooks,
                                  .webhooks_count = 2,
                                  .contacts = contacts,
                                  .contacts_count = sizeof contacts / sizeof *contacts};
    struct courier *courier = NULL;
    *code_out = courier_open(settings, &courier, complaint);
    return courier;
}

static void write_secret(char path[32], const char *secret, mode_t mode)
{
    (void)snprintf(path, 32, "/tmp/duban-secret-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, secret, strlen(secret)), (ssize_t)strlen(secret));
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

static enum courier_answer ask(struct courier *courier, const char *channel, const char *addressee,
                               const char *group, const char *charter)
{
    const struct delivery delivery = {.number = 1,
                                      .channel = text_from(channel),
                                      .addressee = text_from(addressee),
                                      .group = text_from(group),
                                      .charter = text_from(charter)};
    return courier_offer(courier, &delivery);
}

static void test_a_delivery_finds_its_contact(void **state)
{
    (void)state;
    char path[32];
    int code;
    struct complaint complaint = {.message = ""};
    write_secret(path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", 0600);
    struct courier *courier = courier_of(path, &code, &complaint);
    assert_int_equal(code, 0);
    assert_int_equal(ask(courier, "mail", "nobody", "", "town"), COURIER_NO_ADDRESS);
    assert_int_equal(ask(courier, "webhook", "finance.clerk", "", "town"), COURIER_NO_ADDRESS);
    assert_int_equal(ask(courier, "mail", "office", "", "shenzhen"),
                     COURIER_NO_ADDRESS); /* another charter's */
    assert_int_equal(ask(courier, "mail", "", "", "town"), COURIER_NO_ADDRESS);
    assert_int_equal(ask(courier, "mail", "office", "", "town"),
                     COURIER_TAKES); /* reserves the mail server */
    assert_int_equal(ask(courier, "mail", "finance.clerk", "", "town"), COURIER_BUSY);
    assert_int_equal(ask(courier, "mail", "finance.head", "市财政局", "town"),
                     COURIER_BUSY); /* by its unit */
    assert_int_equal(ask(courier, "webhook", "office", "", "shenzhen"), COURIER_TAKES);
    assert_int_equal(ask(courier, "webhook", "oa.clerk", "", "town"), COURIER_BUSY);
    assert_int_equal(ask(courier, "webhook", "市财政局", "", "town"), COURIER_TAKES); /* another receiver */
    courier_close(courier);
    (void)unlink(path);
}

static void test_secrets_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        mode_t mode;
        const char *says;
    } rows[] = {{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0640, "others than its owner"},
                {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0604, "others than its owner"},
                {"secret", 0600, "is no secret"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[32];
        int code;
        struct complaint complaint = {.message = ""};
        write_secret(path, rows[i].secret, rows[i].mode);
        (void)courier_of(path, &code, &complaint);
        assert_int_equal(code, COURIER_E_SETTINGS);
        assert_non_null(strstr(complaint.message, rows[i].says));
        assert_string_equal(complaint.place, path);
        (void)unlink(path);
    }
}

static void ring(void *context)
{
    (void)sem_post(context);
}

/* A receiver that nobody listens at: the result comes, the delivery will be tried again, the receiver is
 * free. */
static void test_a_dead_receiver_gives_a_result(void **state)
{
    (void)state;
    char path[32];
    int code;
    struct complaint complaint = {.message = ""};
    struct courier_result result = {.number = 0};
    sem_t rung;
    write_secret(path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", 0600);
    struct courier *courier = courier_of(path, &code, &complaint);
    struct event sent = sent_event("一", "oa.clerk");
    const struct delivery delivery = {.number = 7,
                                      .channel = TEXT("webhook"),
                                      .addressee = TEXT("oa.clerk"),
                                      .charter = TEXT("town"),
                                      .id = TEXT("0123-notifications-17-1-1"),
                                      .event = &sent};
    assert_int_equal(sem_init(&rung, 0, 0), 0);
    courier_on_result(courier, ring, &rung);
    assert_int_equal(courier_offer(courier, &delivery), COURIER_TAKES);
    courier_begin(courier, &delivery, INT64_C(1580695200) * CIVIL_SECOND_US);
    assert_int_equal(sem_wait(&rung), 0);
    assert_true(courier_next(courier, &result));
    assert_false(courier_next(courier, &result));
    assert_int_equal(result.number, 7);
    assert_int_equal(result.end.how, DELIVERY_LATER);
    assert_true(text_is(result.receiver, "oa"));
    assert_null(strstr(result.reason, "127.0.0.1")); /* it goes into the journal */
    assert_int_equal(courier_offer(courier, &delivery), COURIER_TAKES);
    courier_close(courier);
    (void)unlink(path);
}

/* ---- transfers ---- */

struct loopback {
    pid_t pid;
    FILE *requests; /* a line each */
    int life;       /* closed: it ends */
    char folder[32], password[64], secret[64], site[64], other[64];
    char clear[64], starttls[64], bare[64], wait[64], http[64], https[64];
};

static void loopback_write(const struct loopback *loopback, char path[64], const char *name, const char *text)
{
    (void)snprintf(path, 64, "%s/%s", loopback->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0600) == 0);
}

static int loopback_open(void **state)
{
    struct loopback *loopback = arena_alloc(&arena, sizeof *loopback);
    int life[2], said[2], ports[5];
    (void)snprintf(loopback->folder, sizeof loopback->folder, "/tmp/duban-loopback-XXXXXX");
    if (mkdtemp(loopback->folder) == NULL || pipe(life) != 0 || pipe(said) != 0 ||
        (loopback->pid = fork()) < 0)
        return -1;
    if (loopback->pid == 0) {
        (void)close(life[1]);
        (void)dup2(life[0], STDIN_FILENO);
        (void)dup2(said[1], STDOUT_FILENO);
        (void)execl("/usr/bin/python3", "/usr/bin/python3", "tests/support/loopback.py", loopback->folder,
                    (char *)NULL);
        _exit(127);
    }
    (void)close(life[0]);
    (void)close(said[1]);
    loopback->life = life[1];
    loopback->requests = fdopen(said[0], "r");
    char line[128];
    if (loopback->requests == NULL || fgets(line, sizeof line, loopback->requests) == NULL ||
        sscanf(line, "ports %d %d %d %d %d", &ports[0], &ports[1], &ports[2], &ports[3], &ports[4]) != 5)
        return -1;
    loopback_write(loopback, loopback->password, "password", "secret\n");
    loopback_write(loopback, loopback->secret, "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    (void)snprintf(loopback->site, sizeof loopback->site, "%s/site.pem", loopback->folder);
    (void)snprintf(loopback->other, sizeof loopback->other, "%s/other.pem", loopback->folder);
    (void)snprintf(loopback->clear, sizeof loopback->clear, "smtp://127.0.0.1:%d", ports[0]);
    (void)snprintf(loopback->starttls, sizeof loopback->starttls, "smtp://127.0.0.1:%d", ports[1]);
    (void)snprintf(loopback->bare, sizeof loopback->bare, "smtp://127.0.0.1:%d", ports[4]);
    (void)snprintf(loopback->http, sizeof loopback->http, "http://127.0.0.1:%d/ok", ports[2]);
    (void)snprintf(loopback->wait, sizeof loopback->wait, "http://127.0.0.1:%d/wait", ports[2]);
    (void)snprintf(loopback->https, sizeof loopback->https, "https://127.0.0.1:%d/ok", ports[3]);
    *state = loopback;
    return 0;
}

static int loopback_close(void **state)
{
    static const char *const files[] = {"password", "secret",    "site.pem",
                                        "site.key", "other.pem", "other.key"};
    const struct loopback *loopback = *state;
    char path[64];
    (void)close(loopback->life);
    (void)fclose(loopback->requests);
    (void)waitpid(loopback->pid, NULL, 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", loopback->folder, files[i]);
        (void)unlink(path);
    }
    return rmdir(loopback->folder);
}

/* A courier with one webhook and one contact, "a", that both channels reach. */
static struct courier *courier_to(const struct loopback *loopback, const char *url,
                                  const struct settings_mail *mail, const char *ca_file,
                                  const struct settings_contact *contact, sem_t *rung)
{
    struct settings_webhook *webhook = arena_alloc(&arena, sizeof *webhook);
    struct settings_outside *settings = arena_alloc(&arena, sizeof *settings);
    struct complaint complaint = {.message = ""};
    struct courier *courier = NULL;
    *webhook = (struct settings_webhook){.name = TEXT("hook"),
                                         .url = text_from(url),
                                         .ca_file = text_from(ca_file),
                                         .secret_files = {text_from(loopback->secret)},
                                         .secrets_count = 1};
    *settings = (struct settings_outside){
        .mail = *mail, .webhooks = webhook, .webhooks_count = 1, .contacts = contact, .contacts_count = 1};
    assert_int_equal(courier_open(settings, &courier, &complaint), 0);
    assert_int_equal(sem_init(rung, 0, 0), 0);
    courier_on_result(courier, ring, rung);
    return courier;
}

static struct courier_result carried(struct courier *courier, const char *channel, sem_t *rung)
{
    struct event sent = sent_event("一", "a");
    struct courier_result result = {.number = 0};
    const struct delivery delivery = {.number = 7,
                                      .channel = text_from(channel),
                                      .addressee = TEXT("a"),
                                      .charter = TEXT("town"),
                                      .id = TEXT("0123-notifications-17-1-1"),
                                      .event = &sent};
    assert_int_equal(courier_offer(courier, &delivery), COURIER_TAKES);
    courier_begin(courier, &delivery, loop_wall_us());
    assert_int_equal(sem_wait(rung), 0);
    assert_true(courier_next(courier, &result));
    assert_int_equal(result.number, 7);
    return result;
}

static const struct settings_contact by_hook = {.name = {"a", 1}, .webhook = {"hook", 4}};
static const struct settings_contact by_mail = {
    .name = {"a", 1}, .mail = {{"x@b.cn", 6}, {"nobody@b.cn", 11}, {"y@b.cn", 6}}, .mail_count = 3};
static const struct settings_contact by_one_address = {
    .name = {"a", 1}, .mail = {{"x@b.cn", 6}}, .mail_count = 1};
static const struct settings_contact by_none = {
    .name = {"a", 1}, .mail = {{"nobody@b.cn", 11}, {"nobody2@b.cn", 12}}, .mail_count = 2};

static struct courier_result call(const struct loopback *loopback, const char *url, const char *ca_file)
{
    sem_t rung;
    const struct settings_mail none = {.plain = true};
    struct courier *courier = courier_to(loopback, url, &none, ca_file, &by_hook, &rung);
    struct courier_result result = carried(courier, "webhook", &rung);
    courier_close(courier);
    return result;
}

static struct courier_result post(const struct loopback *loopback, const char *server, const char *user,
                                  const char *ca_file, const struct settings_contact *contact)
{
    sem_t rung;
    const struct settings_mail mail = {.server = text_from(server),
                                       .from = TEXT("duban@b.cn"),
                                       .user = text_from(user),
                                       .password_file = text_from(user[0] != '\0' ? loopback->password : ""),
                                       .ca_file = text_from(ca_file),
                                       .plain = ca_file[0] == '\0'};
    struct courier *courier = courier_to(loopback, loopback->http, &mail, "", contact, &rung);
    struct courier_result result = carried(courier, "mail", &rung);
    courier_close(courier);
    return result;
}

/* What a receiver says in numbers is for good or for now. */
static void test_answers_for_good_and_for_now(void **state)
{
    const struct loopback *loopback = *state;
    static const struct {
        int code;
        unsigned how;
    } calls[] = {{200, DELIVERY_DONE},   {204, DELIVERY_DONE},   {301, DELIVERY_FAILED},
                 {307, DELIVERY_FAILED}, {400, DELIVERY_FAILED}, {408, DELIVERY_LATER},
                 {410, DELIVERY_FAILED}, {425, DELIVERY_LATER},  {429, DELIVERY_LATER},
                 {499, DELIVERY_FAILED}, {500, DELIVERY_LATER},  {503, DELIVERY_LATER}},
      letters[] = {{421, DELIVERY_LATER},  {450, DELIVERY_LATER}, {499, DELIVERY_LATER},
                   {500, DELIVERY_FAILED}, {530, DELIVERY_LATER}, {550, DELIVERY_FAILED},
                   {552, DELIVERY_FAILED}, {554, DELIVERY_FAILED}};
    char line[128], wanted[128];
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char url[64];
        (void)snprintf(url, sizeof url, "%.*s%d", (int)(strlen(loopback->http) - 2), loopback->http,
                       calls[i].code);
        assert_int_equal(call(loopback, url, "").end.how, calls[i].how);
        assert_non_null(fgets(line, sizeof line, loopback->requests));
        (void)snprintf(wanted, sizeof wanted, "/%d signed\n", calls[i].code); /* and it follows nowhere */
        assert_non_null(strstr(line, wanted));
    }
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        (void)snprintf(line, sizeof line, "code%d@b.cn", letters[i].code);
        const struct settings_contact contact = {
            .name = TEXT("a"), .mail = {text_from(line)}, .mail_count = 1};
        assert_int_equal(post(loopback, loopback->clear, "", "", &contact).end.how, letters[i].how);
    }
}

/* What stands in the environment of a service is nobody's decision. */
static void test_no_proxy_of_the_environment_is_used(void **state)
{
    const struct loopback *loopback = *state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    struct courier_result result = call(loopback, loopback->http, "");
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(result.end.how, DELIVERY_DONE);
    char line[128];
    assert_non_null(fgets(line, sizeof line, loopback->requests));
}

/* The next request that a server saw. */
static void assert_request(const struct loopback *loopback, const char *begins)
{
    char line[128];
    assert_non_null(fgets(line, sizeof line, loopback->requests));
    assert_true(text_starts_with(text_from(line), text_from(begins)));
}

/* Tried again, for the operator can mend it; and the journal says at which setting. */
static void assert_to_mend(const struct courier_result *result, const char *setting)
{
    assert_int_equal(result->end.how, DELIVERY_LATER);
    if (strstr(result->reason, setting) == NULL)
        fail_msg("`%s` does not name %s", result->reason, setting);
    assert_null(strstr(result->reason, "127.0.0.1"));
}

static void test_a_call_goes_over_tls_to_whom_the_ca_file_vouches_for(void **state)
{
    const struct loopback *loopback = *state;
    struct courier_result result = call(loopback, loopback->https, loopback->site);
    assert_int_equal(result.end.how, DELIVERY_DONE);
    assert_string_equal(result.reason, "");
    assert_request(loopback, "call ");
    result = call(loopback, loopback->https, loopback->other); /* somebody else's certificate */
    assert_to_mend(&result, "ca-file");
    result = call(loopback, loopback->https, ""); /* nobody's that the system trusts */
    assert_to_mend(&result, "ca-file");
    result = call(loopback, loopback->https, loopback->secret); /* no certificate at all */
    assert_to_mend(&result, "ca-file");
    (void)call(loopback, loopback->wait, "");
    char line[128];
    assert_non_null(fgets(line, sizeof line, loopback->requests));
    assert_non_null(strstr(line, "/wait")); /* nothing was sent to any of them */
}

/* It is tried again when the receiver said, and until then nothing else is sent there either. */
static void test_a_receiver_that_asks_for_a_rest_has_it(void **state)
{
    const struct loopback *loopback = *state;
    sem_t rung;
    const struct settings_mail none = {.plain = true};
    const struct delivery another = {
        .number = 8, .channel = TEXT("webhook"), .addressee = TEXT("a"), .charter = TEXT("town")};
    struct courier *courier = courier_to(loopback, loopback->wait, &none, "", &by_hook, &rung);
    struct courier_result result = carried(courier, "webhook", &rung);
    assert_int_equal(result.end.how, DELIVERY_LATER);
    assert_int_equal(result.end.wait_us, 7 * CIVIL_SECOND_US);
    assert_string_equal(result.reason, "HTTP 429");
    assert_int_equal(courier_offer(courier, &another), COURIER_BUSY);
    courier_close(courier);
    assert_request(loopback, "call ");
}

static void test_a_letter_goes_over_tls_with_a_login(void **state)
{
    const struct loopback *loopback = *state;
    struct courier_result result =
        post(loopback, loopback->starttls, "duban", loopback->site, &by_one_address);
    assert_int_equal(result.end.how, DELIVERY_DONE);
    assert_string_equal(result.reason, "");
    assert_request(loopback, "mail starttls x@b.cn\n");
    result = post(loopback, loopback->starttls, "stranger", loopback->site, &by_one_address);
    assert_to_mend(&result, "mail.password-file");
    result = post(loopback, loopback->starttls, "duban", loopback->other, &by_one_address);
    assert_to_mend(&result, "mail.ca-file");
    result = post(loopback, loopback->starttls, "", loopback->site, &by_one_address); /* no login at all */
    assert_to_mend(&result, "mail.user");
    result = post(loopback, loopback->clear, "", "", &by_one_address); /* tls: none */
    assert_int_equal(result.end.how, DELIVERY_DONE);
    assert_request(loopback, "mail clear x@b.cn\n"); /* the first since: no letter went in between */
}

/* Whoever stands between may take STARTTLS out of what the server offers. */
static void test_without_tls_neither_password_nor_address_is_said(void **state)
{
    const struct loopback *loopback = *state;
    struct courier_result result = post(loopback, loopback->bare, "duban", loopback->site, &by_one_address);
    assert_to_mend(&result, "mail.tls");
    result = post(loopback, loopback->bare, "", loopback->site, &by_one_address);
    assert_to_mend(&result, "mail.tls");
    (void)call(loopback, loopback->http, "");
    assert_request(loopback, "call "); /* the first since: the mail server heard nothing */
    result = post(loopback, loopback->bare, "duban", "", &by_one_address); /* tls: none */
    assert_int_equal(result.end.how, DELIVERY_DONE);
    assert_request(loopback, "heard login\n");
    assert_request(loopback, "heard sender\n");
    assert_request(loopback, "mail bare x@b.cn\n");
}

/* One address of several is wrong: the others have the letter, and the result says how many have not. */
static void test_one_bad_address_does_not_keep_the_letter_from_the_others(void **state)
{
    const struct loopback *loopback = *state;
    struct courier_result result = post(loopback, loopback->clear, "", "", &by_mail);
    assert_int_equal(result.end.how, DELIVERY_DONE);
    assert_string_equal(result.reason, "1 of 3 addresses refused");
    assert_string_equal(result.detail, "nobody@b.cn");
    assert_request(loopback, "mail clear x@b.cn,y@b.cn\n");
    static const struct settings_contact by_long = {
        .name = {"a", 1}, .mail = {{"nobody@b.cn", 11}, {"long@b.cn", 9}}, .mail_count = 2};
    result = post(loopback, loopback->clear, "", "", &by_long); /* an answer of several lines is one */
    assert_string_equal(result.reason, "1 of 2 addresses refused");
    assert_string_equal(result.detail, "nobody@b.cn");
    result = post(loopback, loopback->clear, "", "", &by_none);
    assert_int_equal(result.end.how, DELIVERY_FAILED);
    assert_string_equal(result.reason, "SMTP 550");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_letter),
        cmocka_unit_test(test_no_text_begins_a_header_of_its_own),
        cmocka_unit_test(test_the_signature),
        cmocka_unit_test(test_what_is_no_secret),
        cmocka_unit_test(test_a_delivery_finds_its_contact),
        cmocka_unit_test(test_secrets_are_kept),
        cmocka_unit_test(test_a_dead_receiver_gives_a_result),
    };
    const struct CMUnitTest transfers[] = {
        cmocka_unit_test(test_a_call_goes_over_tls_to_whom_the_ca_file_vouches_for),
        cmocka_unit_test(test_a_receiver_that_asks_for_a_rest_has_it),
        cmocka_unit_test(test_a_letter_goes_over_tls_with_a_login),
        cmocka_unit_test(test_without_tls_neither_password_nor_address_is_said),
        cmocka_unit_test(test_answers_for_good_and_for_now),
        cmocka_unit_test(test_no_proxy_of_the_environment_is_used),
        cmocka_unit_test(test_one_bad_address_does_not_keep_the_letter_from_the_others),
    };
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    digest_init();
    arena_open(&arena, 16777216);
    failed += cmocka_run_group_tests(transfers, loopback_open, loopback_close);
    arena_close(&arena);
    return failed;
}
