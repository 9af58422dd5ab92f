/* courier.c - see courier.h. Two threads share a courier: `todo` and `done` under its lock. Receivers belong
 * to the loop's thread, transfers to the courier's; a parcel belongs to whoever has it in hand.
 */
#include "workers/courier/courier.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"
#include "workers/courier/mail.h"
#include "workers/courier/webhook.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    COURIER_CONNECT_MS = 10000,
    COURIER_WHOLE_MS = 30000,
    COURIER_POLL_MS = 1000,
    COURIER_STOP_SECONDS = 3,
    COURIER_ANSWER_BYTES_MAX = 65536, /* of an answer's body; nobody reads it */
    COURIER_SECRET_BYTES_MAX = 4096,
    COURIER_HEADERS = 4,
    PARCEL_BYTES_MAX = 4194304
};

/* 0: the mail server; from 1: webhooks. */
struct receiver {
    struct text name;
    bool present, busy;
    int64_t rest_us; /* on the monotonic clock: not before */
    struct bytes secrets[SETTINGS_SECRETS_MAX];
};

struct parcel {
    struct parcel *next;
    struct arena arena;
    struct courier *courier;
    size_t receiver;
    struct text body;
    size_t sent, answered;
    const char *headers[COURIER_HEADERS + 1];
    const struct settings_contact *contact; /* of a letter */
    CURL *easy;
    struct curl_slist *list;
    uint32_t answers,
        refused; /* of a letter: whether each last command was refused; what was, of its addresses */
    char error[CURL_ERROR_SIZE];
    struct courier_result result;
};
struct parcel_list {
    struct parcel *first, *last;
};

struct courier {
    const struct settings_outside *settings;
    const struct settings_contact **contacts; /* by name */
    struct arena arena;
    const char *password;
    struct receiver receivers[1 + SETTINGS_WEBHOOKS_MAX];
    pthread_mutex_t lock;
    pthread_t thread;
    struct parcel_list todo, done;
    bool stopping;
    void (*ring)(void *context);
    void *context;
    CURLM *multi;
    struct parcel *under_way[1 + SETTINGS_WEBHOOKS_MAX]; /* the thread's: by receiver */
};

/* ---- lists ---- */

static void parcel_append(struct parcel_list *list, struct parcel *parcel)
{
    parcel->next = NULL;
    if (list->first == NULL)
        list->first = parcel;
    else
        list->last->next = parcel;
    list->last = parcel;
}

static struct parcel *parcel_take(struct parcel_list *list)
{
    struct parcel *parcel = list->first;
    if (parcel != NULL)
        list->first = parcel->next;
    return parcel;
}

static void parcel_free(struct parcel *parcel)
{
    arena_close(&parcel->arena);
    free(parcel);
}

/* ---- who is reached where ---- */

static int contact_compare(const void *a, const void *b)
{
    const struct settings_contact *const *first = a, *const *second = b;
    return text_compare((*first)->name, (*second)->name);
}

static const struct settings_contact *courier_contact_named(const struct courier *courier, struct text name)
{
    const struct settings_contact wanted = {.name = name}, *key = &wanted;
    const struct settings_contact *const *found =
        courier->settings->contacts_count > 0
            ? bsearch(&key, courier->contacts, courier->settings->contacts_count, sizeof key, contact_compare)
            : NULL;
    return found != NULL ? *found : NULL;
}

static size_t courier_webhook(const struct courier *courier, struct text name)
{
    for (size_t i = 0; i < courier->settings->webhooks_count; i++)
        if (text_equal(courier->settings->webhooks[i].name, name))
            return 1 + i;
    return 0;
}

/* Whether that contact is reached by that channel, and through which receiver. */
static bool contact_has(const struct courier *courier, const struct settings_contact *contact,
                        struct text channel, size_t *receiver_out)
{
    if (contact == NULL)
        return false;
    bool mail = text_is(channel, "mail");
    *receiver_out = mail ? 0 : courier_webhook(courier, contact->webhook);
    return mail ? contact->mail_count > 0 && courier->receivers[0].present : *receiver_out > 0;
}

/* The addressee before what it belongs to, what is said of it under this charter before what is said
 * anywhere. */
static const struct settings_contact *courier_contact(const struct courier *courier,
                                                      const struct delivery *delivery, size_t *receiver_out)
{
    const struct text names[] = {delivery->addressee, delivery->group};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char full[2 * NAME_BYTES_MAX + 2];
        if (names[i].bytes == 0)
            continue;
        (void)snprintf(full, sizeof full, "%.*s/%.*s", TEXT_PRINT(delivery->charter), TEXT_PRINT(names[i]));
        const struct settings_contact *own = courier_contact_named(courier, text_from(full));
        const struct settings_contact *any = courier_contact_named(courier, names[i]);
        if (contact_has(courier, own, delivery->channel, receiver_out))
            return own;
        if (contact_has(courier, any, delivery->channel, receiver_out))
            return any;
    }
    return NULL;
}

enum courier_answer courier_offer(struct courier *courier, const struct delivery *delivery)
{
    size_t index = 0;
    if (courier_contact(courier, delivery, &index) == NULL)
        return COURIER_NO_ADDRESS;
    struct receiver *receiver = &courier->receivers[index];
    if (receiver->busy || loop_monotonic_us() < receiver->rest_us)
        return COURIER_BUSY;
    receiver->busy = true;
    return COURIER_TAKES;
}

/* ---- a parcel, before it goes ---- */

static void parcel_write_mail(struct parcel *parcel, const struct delivery *delivery)
{
    const struct letter letter = {.id = delivery->id,
                                  .from = parcel->courier->settings->mail.from,
                                  .to = parcel->contact->mail,
                                  .to_count = parcel->contact->mail_count,
                                  .sent = delivery->event};
    parcel->body = mail_write(&parcel->arena, &letter);
}

static void parcel_write_call(struct parcel *parcel, const struct delivery *delivery, int64_t now_us)
{
    struct arena *arena = &parcel->arena;
    const struct courier *courier = parcel->courier;
    const struct receiver *receiver = &courier->receivers[parcel->receiver];
    int64_t at_s = now_us / CIVIL_SECOND_US;
    parcel->body = event_to_json(arena, delivery->event, false);
    struct text signature = webhook_signature(arena, receiver->secrets,
                                              courier->settings->webhooks[parcel->receiver - 1].secrets_count,
                                              delivery->id, at_s, parcel->body);
    parcel->headers[0] = "Content-Type: application/cloudevents+json; charset=utf-8";
    parcel->headers[1] = arena_printf(arena, "webhook-id: %.*s", TEXT_PRINT(delivery->id)).at;
    parcel->headers[2] = arena_printf(arena, "webhook-timestamp: %" PRId64, at_s).at;
    parcel->headers[3] = arena_printf(arena, "webhook-signature: %.*s", TEXT_PRINT(signature)).at;
}

void courier_begin(struct courier *courier, const struct delivery *delivery, int64_t now_us)
{
    struct parcel *parcel = memory_alloc(sizeof *parcel);
    memset(parcel, 0, sizeof *parcel);
    arena_open(&parcel->arena, PARCEL_BYTES_MAX);
    parcel->courier = courier;
    parcel->contact = courier_contact(courier, delivery, &parcel->receiver);
    ASSERT(parcel->contact != NULL && courier->receivers[parcel->receiver].busy);
    parcel->result.number = delivery->number;
    if (parcel->receiver == 0)
        parcel_write_mail(parcel, delivery);
    else
        parcel_write_call(parcel, delivery, now_us);
    (void)pthread_mutex_lock(&courier->lock);
    parcel_append(&courier->todo, parcel);
    (void)pthread_mutex_unlock(&courier->lock);
    (void)curl_multi_wakeup(courier->multi);
}

bool courier_next(struct courier *courier, struct courier_result *result_out)
{
    (void)pthread_mutex_lock(&courier->lock);
    struct parcel *parcel = parcel_take(&courier->done);
    (void)pthread_mutex_unlock(&courier->lock);
    if (parcel == NULL)
        return false;
    struct receiver *receiver = &courier->receivers[parcel->receiver];
    *result_out = parcel->result;
    result_out->end.reason = result_out->reason;
    result_out->receiver = receiver->name;
    receiver->busy = false;
    receiver->rest_us = loop_monotonic_us() + parcel->result.end.wait_us;
    parcel_free(parcel);
    return true;
}

/* ---- the thread: transfers ---- */

static size_t parcel_read(char *to, size_t size, size_t count, void *context)
{
    struct parcel *parcel = context;
    size_t room = size * count, left = parcel->body.bytes - parcel->sent;
    size_t bytes = left < room ? left : room;
    memcpy(to, parcel->body.at + parcel->sent, bytes);
    parcel->sent += bytes;
    return bytes;
}

static size_t parcel_answer(char *from, size_t size, size_t count, void *context)
{
    struct parcel *parcel = context;
    (void)from;
    parcel->answered += size * count;
    return parcel->answered <= COURIER_ANSWER_BYTES_MAX ? size * count : 0;
}

/* A line of the mail server's. Those before the 354 answer for the addresses, one each. */
static size_t parcel_mail_line(char *from, size_t size, size_t count, void *context)
{
    struct parcel *parcel = context;
    size_t bytes = size * count;
    if (bytes < 4 || from[3] == '-')
        return bytes;
    if (memcmp(from, "354", 3) == 0)
        parcel->refused = parcel->answers & ((UINT32_C(1) << parcel->contact->mail_count) - 1);
    parcel->answers = parcel->answers << 1 | (from[0] >= '4');
    return bytes;
}

static void parcel_add_line(struct parcel *parcel, const char *line)
{
    struct curl_slist *list = curl_slist_append(parcel->list, line);
    if (list == NULL)
        die("no memory for a header");
    parcel->list = list;
}

/* No redirects, no proxy and no .netrc of the environment, no protocol but the one that was checked. */
static void parcel_set_common(struct parcel *parcel, const char *protocols, struct text ca_file)
{
    CURL *easy = parcel->easy;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)COURIER_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)COURIER_WHOLE_MS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, parcel->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, parcel_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, parcel);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, parcel);
    if (ca_file.bytes > 0)
        curl_easy_setopt(easy, CURLOPT_CAINFO, arena_text_copy(&parcel->arena, ca_file).at);
}

static void parcel_set_mail(struct parcel *parcel)
{
    const struct courier *courier = parcel->courier;
    const struct settings_mail *mail = &courier->settings->mail;
    struct arena *arena = &parcel->arena;
    CURL *easy = parcel->easy;
    parcel_set_common(parcel, "smtp,smtps", mail->ca_file);
    curl_easy_setopt(easy, CURLOPT_URL, arena_text_copy(arena, mail->server).at);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(mail->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (courier->password != NULL) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, arena_text_copy(arena, mail->user).at);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, courier->password);
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, arena_printf(arena, "<%.*s>", TEXT_PRINT(mail->from)).at);
    for (size_t i = 0; i < parcel->contact->mail_count; i++)
        parcel_add_line(parcel, arena_printf(arena, "<%.*s>", TEXT_PRINT(parcel->contact->mail[i])).at);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, parcel->list);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* so it is spelt until libcurl 8.2 */
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, parcel_mail_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, parcel);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, parcel_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, parcel);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)parcel->body.bytes);
}

static void parcel_set_call(struct parcel *parcel)
{
    const struct settings_webhook *webhook = &parcel->courier->settings->webhooks[parcel->receiver - 1];
    CURL *easy = parcel->easy;
    parcel_set_common(parcel, "https,http", webhook->ca_file);
    curl_easy_setopt(easy, CURLOPT_URL, arena_text_copy(&parcel->arena, webhook->url).at);
    for (size_t i = 0; parcel->headers[i] != NULL; i++)
        parcel_add_line(parcel, parcel->headers[i]);
    parcel_add_line(parcel, "Expect:");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, parcel->list);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "duban/" DUBAN_VERSION);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, parcel->body.at);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)parcel->body.bytes);
}

static void parcel_start(struct courier *courier, struct parcel *parcel)
{
    parcel->easy = curl_easy_init();
    if (parcel->easy == NULL)
        die("libcurl has no room for a transfer");
    if (parcel->receiver == 0)
        parcel_set_mail(parcel);
    else
        parcel_set_call(parcel);
    if (curl_multi_add_handle(courier->multi, parcel->easy) != CURLM_OK)
        die("libcurl does not take a transfer");
    courier->under_way[parcel->receiver] = parcel;
}

/* ---- what it came to ---- */

enum { MAIL_WANTS_LOGIN = 530 }; /* or TLS: RFC 3207, RFC 4954 */

/* What the operator can mend, and at which setting: tried again meanwhile. NULL: it is none of these. */
static const char *parcel_setting(const struct parcel *parcel, CURLcode code, long answer)
{
    static const struct {
        CURLcode code;
        const char *mail, *call;
    } rows[] = {
        {CURLE_PEER_FAILED_VERIFICATION,
         "mail.ca-file does not vouch for the server's certificate, or that is for another name",
         "webhooks.ca-file does not vouch for the receiver's certificate, or that is for another name"},
        {CURLE_SSL_CACERT_BADFILE, "mail.ca-file cannot be read, or holds no certificate",
         "webhooks.ca-file cannot be read, or holds no certificate"},
        {CURLE_USE_SSL_FAILED, "mail.tls is required, and the server offers no STARTTLS", NULL},
        {CURLE_SSL_CONNECT_ERROR, "the server's TLS fails (mail.server, mail.tls)",
         "the receiver's TLS fails (webhooks.url)"},
        {CURLE_LOGIN_DENIED, "the server does not take mail.user with mail.password-file", NULL},
    };
    bool mail = parcel->receiver == 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return mail ? rows[i].mail : rows[i].call;
    return mail && answer == MAIL_WANTS_LOGIN ? "the server wants a login or TLS (mail.user, mail.tls)"
                                              : NULL;
}

/* Which answers no later attempt changes. */
static bool mail_is_refused(long answer)
{
    return answer >= 500;
}

static bool call_is_refused(long answer)
{
    return answer >= 300 && answer < 500 && answer != 408 && answer != 425 && answer != 429;
}

/* Delivered, but perhaps not to all addresses of the contact. Those are for this machine's log alone. */
static void parcel_remark(struct parcel *parcel)
{
    struct courier_result *result = &parcel->result;
    const struct settings_contact *contact = parcel->contact;
    size_t refused = 0, used = 0;
    result->reason[0] = result->detail[0] = '\0';
    for (size_t i = 0; i < contact->mail_count; i++) {
        if ((parcel->refused >> (contact->mail_count - 1 - i) & 1) == 0)
            continue;
        if (used < sizeof result->detail)
            used += (size_t)snprintf(result->detail + used, sizeof result->detail - used, "%s%.*s",
                                     refused > 0 ? ", " : "", TEXT_PRINT(contact->mail[i]));
        refused++;
    }
    if (refused > 0)
        (void)snprintf(result->reason, sizeof result->reason, "%zu of %zu addresses refused", refused,
                       contact->mail_count);
}

static void parcel_say_why(struct parcel *parcel, CURLcode code, long answer, const char *setting)
{
    struct courier_result *result = &parcel->result;
    if (setting != NULL)
        (void)snprintf(result->reason, sizeof result->reason, "%s", setting);
    else if (answer >= 300)
        (void)snprintf(result->reason, sizeof result->reason, "%s %ld",
                       parcel->receiver == 0 ? "SMTP" : "HTTP", answer);
    else
        (void)snprintf(result->reason, sizeof result->reason, "%s", curl_easy_strerror(code));
    (void)snprintf(result->detail, sizeof result->detail, "%s", parcel->error);
}

static void parcel_judge(struct parcel *parcel, CURLcode code)
{
    struct courier_result *result = &parcel->result;
    bool mail = parcel->receiver == 0;
    long answer = 0;
    curl_off_t wait_s = 0;
    (void)curl_easy_getinfo(parcel->easy, CURLINFO_RESPONSE_CODE, &answer);
    (void)curl_easy_getinfo(parcel->easy, CURLINFO_RETRY_AFTER, &wait_s);
    bool done = mail ? code == CURLE_OK : answer >= 200 && answer < 300;
    const char *setting = done ? NULL : parcel_setting(parcel, code, answer);
    bool refused = setting == NULL && (mail ? mail_is_refused(answer) : call_is_refused(answer));
    result->end.how = done ? DELIVERY_DONE : refused ? DELIVERY_FAILED : DELIVERY_LATER;
    result->end.wait_us = done || refused || wait_s < 0 ? 0 : wait_s * CIVIL_SECOND_US;
    if (done)
        parcel_remark(parcel);
    else
        parcel_say_why(parcel, code, answer, setting);
}

static void parcel_stop(struct courier *courier, struct parcel *parcel)
{
    (void)curl_multi_remove_handle(courier->multi, parcel->easy);
    curl_easy_cleanup(parcel->easy);
    curl_slist_free_all(parcel->list);
    courier->under_way[parcel->receiver] = NULL;
}

static void courier_finish(struct courier *courier, struct parcel *parcel, CURLcode code)
{
    parcel_judge(parcel, code);
    parcel_stop(courier, parcel);
    (void)pthread_mutex_lock(&courier->lock);
    parcel_append(&courier->done, parcel);
    if (courier->ring != NULL)
        courier->ring(courier->context);
    (void)pthread_mutex_unlock(&courier->lock);
}

static void courier_drain(struct courier *courier)
{
    int left = 0;
    for (CURLMsg *message = curl_multi_info_read(courier->multi, &left); message != NULL;
         message = curl_multi_info_read(courier->multi, &left)) {
        struct parcel *parcel = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &parcel);
        courier_finish(courier, parcel, code);
    }
}

static bool courier_start_next(struct courier *courier)
{
    (void)pthread_mutex_lock(&courier->lock);
    struct parcel *parcel = courier->stopping ? NULL : parcel_take(&courier->todo);
    (void)pthread_mutex_unlock(&courier->lock);
    if (parcel != NULL)
        parcel_start(courier, parcel);
    return parcel != NULL;
}

static bool courier_is_stopping(struct courier *courier)
{
    (void)pthread_mutex_lock(&courier->lock);
    bool stopping = courier->stopping;
    (void)pthread_mutex_unlock(&courier->lock);
    return stopping;
}

static void *courier_work(void *context)
{
    struct courier *courier = context;
    while (!courier_is_stopping(courier)) {
        int running = 0;
        while (courier_start_next(courier))
            continue;
        (void)curl_multi_perform(courier->multi, &running);
        courier_drain(courier);
        (void)curl_multi_poll(courier->multi, NULL, 0, COURIER_POLL_MS, NULL);
    }
    for (size_t i = 0; i < sizeof courier->under_way / sizeof *courier->under_way; i++) {
        struct parcel *parcel = courier->under_way[i];
        if (parcel == NULL)
            continue;
        parcel_stop(courier, parcel);
        parcel_free(parcel);
    }
    return NULL;
}

/* ---- open and close ---- */

/* A secret that others can read is none. */
static int courier_read_secret(struct courier *courier, struct text path, struct text *secret_out,
                               struct complaint *complaint)
{
    struct stat status;
    const char *name = arena_text_copy(&courier->arena, path).at;
    if (stat(name, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        complain(complaint, "", name, "others than its owner may read or change it: chmod 600");
        return COURIER_E_SETTINGS;
    }
    int code = file_read(&courier->arena, name, COURIER_SECRET_BYTES_MAX, secret_out, complaint);
    if (code < 0)
        complain(complaint, "", name, "%s", error_text(code));
    return code != 0 ? COURIER_E_SETTINGS : 0;
}

static int courier_open_mail(struct courier *courier, struct complaint *complaint)
{
    const struct settings_mail *mail = &courier->settings->mail;
    struct text password = TEXT_NONE;
    courier->receivers[0].name = TEXT("mail");
    courier->receivers[0].present = mail->server.bytes > 0;
    if (mail->password_file.bytes == 0)
        return 0;
    int code = courier_read_secret(courier, mail->password_file, &password, complaint);
    while (password.bytes > 0 && strchr("\r\n", password.at[password.bytes - 1]) != NULL)
        password.bytes--;
    courier->password = arena_text_copy(&courier->arena, password).at;
    return code;
}

static int courier_open_webhook(struct courier *courier, size_t index, struct complaint *complaint)
{
    const struct settings_webhook *webhook = &courier->settings->webhooks[index];
    struct receiver *receiver = &courier->receivers[1 + index];
    *receiver = (struct receiver){.name = webhook->name, .present = true};
    for (size_t i = 0; i < webhook->secrets_count; i++) {
        struct text written;
        int code = courier_read_secret(courier, webhook->secret_files[i], &written, complaint);
        if (code != 0)
            return code;
        if (!webhook_secret(&courier->arena, written, &receiver->secrets[i])) {
            complain(complaint, "", arena_text_copy(&courier->arena, webhook->secret_files[i]).at,
                     "is no secret: wanted whsec_ and base64 of %d to %d bytes", WEBHOOK_SECRET_BYTES_MIN,
                     WEBHOOK_SECRET_BYTES_MAX);
            return COURIER_E_SETTINGS;
        }
    }
    return 0;
}

static void courier_sort_contacts(struct courier *courier)
{
    size_t count = courier->settings->contacts_count;
    courier->contacts = arena_alloc(&courier->arena, (count + 1) * sizeof *courier->contacts);
    for (size_t i = 0; i < count; i++)
        courier->contacts[i] = &courier->settings->contacts[i];
    if (count > 0)
        qsort(courier->contacts, count, sizeof *courier->contacts, contact_compare);
}

static int courier_open_receivers(struct courier *courier, struct complaint *complaint)
{
    courier_sort_contacts(courier);
    int code = courier_open_mail(courier, complaint);
    for (size_t i = 0; code == 0 && i < courier->settings->webhooks_count; i++)
        code = courier_open_webhook(courier, i, complaint);
    return code;
}

static void courier_free(struct courier *courier)
{
    struct parcel *parcel;
    while ((parcel = parcel_take(&courier->todo)) != NULL || (parcel = parcel_take(&courier->done)) != NULL)
        parcel_free(parcel);
    (void)curl_multi_cleanup(courier->multi);
    (void)pthread_mutex_destroy(&courier->lock);
    arena_close(&courier->arena);
    free(courier);
}

int courier_open(const struct settings_outside *settings, struct courier **courier_out,
                 struct complaint *complaint)
{
    struct courier *courier = memory_alloc(sizeof *courier);
    memset(courier, 0, sizeof *courier);
    courier->settings = settings;
    arena_open(&courier->arena, ARENA_BYTES_MAX);
    ASSERT(pthread_mutex_init(&courier->lock, NULL) == 0);
    ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    courier->multi = curl_multi_init();
    ASSERT(courier->multi != NULL);
    int code = courier_open_receivers(courier, complaint);
    if (code == 0 && pthread_create(&courier->thread, NULL, courier_work, courier) != 0)
        code = -1;
    if (code != 0) {
        courier_free(courier);
        return code;
    }
    *courier_out = courier;
    return 0;
}

void courier_on_result(struct courier *courier, void (*ring)(void *context), void *context)
{
    (void)pthread_mutex_lock(&courier->lock);
    courier->ring = ring;
    courier->context = context;
    (void)pthread_mutex_unlock(&courier->lock);
}

/* A thread that waits for a name server does not end; then the process goes without it. */
void courier_close(struct courier *courier)
{
    int64_t until_s = loop_wall_us() / CIVIL_SECOND_US + COURIER_STOP_SECONDS;
    const struct timespec until = {.tv_sec = (time_t)until_s};
    (void)pthread_mutex_lock(&courier->lock);
    courier->stopping = true;
    courier->ring = NULL;
    (void)pthread_mutex_unlock(&courier->lock);
    (void)curl_multi_wakeup(courier->multi);
    if (pthread_timedjoin_np(courier->thread, NULL, &until) == 0)
        courier_free(courier);
}
