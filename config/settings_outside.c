/* settings_outside.c - see settings_outside.h. Whatever will stand in a command to a server or in a header is
 * checked here once: no control characters, no blanks, no brackets.
 */
#include "config/settings_outside.h"

#include "base/civil.h"
#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>

enum { OUTSIDE_URL_BYTES_MAX = 400, OUTSIDE_ADDRESS_BYTES_MAX = 254, OUTSIDE_SECONDS_MAX = 604800 };
/* 16 attempts, 30 s apart at first and 6 h at last: a day and a half. */
enum { OUTSIDE_ATTEMPTS = 16, OUTSIDE_FIRST_SECONDS = 30, OUTSIDE_CAP_SECONDS = 21600 };

void settings_outside_defaults(struct settings_outside *outside)
{
    *outside = (struct settings_outside){.attempts_max = OUTSIDE_ATTEMPTS,
                                         .first_us = OUTSIDE_FIRST_SECONDS * CIVIL_SECOND_US,
                                         .cap_us = OUTSIDE_CAP_SECONDS * CIVIL_SECOND_US};
}

/* ---- what may be written ---- */

PRINTF_LIKE(3, 4)
static void outside_complain(const struct yaml_reader *reader, const char *key, const char *format, ...)
{
    const struct yaml_node *node = yaml_get(reader->map, key);
    char message[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof message, format, list);
    va_end(list);
    finding_add(reader->findings, SEVERITY_ERROR, node != NULL ? node->place : reader->map->place,
                yaml_path_key(reader, key), "\"%s\" %s", key, message);
}

static bool outside_is_plain(struct text t, const char *forbidden)
{
    for (size_t i = 0; i < t.bytes; i++)
        if (t.at[i] <= ' ' || t.at[i] >= 0x7F || strchr(forbidden, t.at[i]) != NULL)
            return false;
    return t.bytes > 0;
}

/* name@host, in ASCII, nothing quoted: what every server takes. */
static bool outside_is_address(struct text t)
{
    const char *at = t.bytes > 0 ? memchr(t.at, '@', t.bytes) : NULL;
    if (at == NULL || at == t.at || at + 1 == t.at + t.bytes || t.bytes > OUTSIDE_ADDRESS_BYTES_MAX)
        return false;
    struct text host = {at + 1, t.bytes - (size_t)(at + 1 - t.at)};
    return outside_is_plain(t, "<>()[],;:\\\"") && memchr(host.at, '@', host.bytes) == NULL && t.at[0] != '-';
}

static bool outside_read_path(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                              struct text *out)
{
    if (!yaml_read_text(reader, key, want, out))
        return false;
    if (out->at[0] != '/')
        outside_complain(reader, key, "must be an absolute path");
    return true;
}

/* The part behind "scheme://", up to the next slash; TEXT_NONE if the scheme is another. */
static struct text outside_host(struct text url, const char *scheme)
{
    struct text prefix = text_from(scheme);
    if (!text_starts_with(url, prefix))
        return TEXT_NONE;
    struct text rest = {url.at + prefix.bytes, url.bytes - prefix.bytes};
    const char *slash = rest.bytes > 0 ? memchr(rest.at, '/', rest.bytes) : NULL;
    return (struct text){rest.at, slash != NULL ? (size_t)(slash - rest.at) : rest.bytes};
}

static bool outside_is_own_machine(struct text host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text name = text_from(names[i]);
        if (text_starts_with(host, name) && (host.bytes == name.bytes || host.at[name.bytes] == ':'))
            return true;
    }
    return false;
}

/* ---- mail ---- */

static void outside_check_mail(const struct yaml_reader *reader, const struct settings_mail *mail)
{
    struct text smtp = outside_host(mail->server, "smtp://"), smtps = outside_host(mail->server, "smtps://");
    if (mail->server.at != NULL &&
        (smtp.bytes + smtps.bytes == 0 || !outside_is_plain(mail->server, "@?#%\"<>")))
        outside_complain(reader, "server",
                         "must be smtp://host[:port] or smtps://host[:port]; user and password "
                         "have keys of their own");
    if (mail->from.at != NULL && !outside_is_address(mail->from))
        outside_complain(reader, "from", "must be a plain address such as duban@example.gov.cn");
    if ((mail->user.at == NULL) != (mail->password_file.at == NULL))
        outside_complain(reader, mail->user.at != NULL ? "user" : "password-file", "needs %s beside it",
                         mail->user.at != NULL ? "\"password-file\"" : "\"user\"");
    if (mail->plain && mail->user.at != NULL && !outside_is_own_machine(smtp))
        outside_complain(reader, "tls", "must not be none where a password is sent");
}

static void outside_read_mail(const struct yaml_reader *reader, struct settings_mail *mail)
{
    static const char *const known[] = {"server", "from", "user", "password-file", "tls", "ca-file", NULL};
    static const char *const tls[] = {"required", "none", NULL};
    struct yaml_reader section = {yaml_read_map(reader, "mail", YAML_MAY), TEXT("mail"), reader->findings};
    if (section.map == NULL)
        return;
    yaml_check_keys(section.map, known, section.path, section.findings);
    (void)yaml_read_bounded(&section, "server", YAML_NEED, OUTSIDE_URL_BYTES_MAX, &mail->server);
    (void)yaml_read_text(&section, "from", YAML_NEED, &mail->from);
    (void)yaml_read_text(&section, "user", YAML_MAY, &mail->user);
    (void)outside_read_path(&section, "password-file", YAML_MAY, &mail->password_file);
    (void)outside_read_path(&section, "ca-file", YAML_MAY, &mail->ca_file);
    mail->plain = yaml_read_word(&section, "tls", YAML_MAY, tls) == 1;
    outside_check_mail(&section, mail);
}

/* ---- webhooks ---- */

static void outside_read_secrets(const struct yaml_reader *reader, struct settings_webhook *webhook)
{
    const struct text *names = NULL;
    size_t count = 0;
    if (!yaml_read_names(reader, "secret-file", YAML_NEED, &names, &count))
        return;
    if (count == 0 || count > SETTINGS_SECRETS_MAX) {
        outside_complain(reader, "secret-file", "must name 1 to %d files", SETTINGS_SECRETS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (names[i].at[0] != '/')
            outside_complain(reader, "secret-file", "must be an absolute path");
        webhook->secret_files[webhook->secrets_count++] = names[i];
    }
}

static void outside_read_webhook(const struct yaml_reader *reader, struct settings_webhook *webhook)
{
    static const char *const known[] = {"name", "url", "secret-file", "ca-file", NULL};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)yaml_read_name(reader, "name", YAML_NEED, &webhook->name);
    outside_read_secrets(reader, webhook);
    (void)outside_read_path(reader, "ca-file", YAML_MAY, &webhook->ca_file);
    if (!yaml_read_bounded(reader, "url", YAML_NEED, OUTSIDE_URL_BYTES_MAX, &webhook->url))
        return;
    struct text https = outside_host(webhook->url, "https://"), http = outside_host(webhook->url, "http://");
    bool fits = https.bytes > 0 || (http.bytes > 0 && outside_is_own_machine(http));
    if (!fits || !outside_is_plain(webhook->url, "@#\"<>\\{}|^`"))
        outside_complain(reader, "url", "must be https://host/path, or http:// on this machine alone");
}

static const struct settings_webhook *outside_webhook(const struct settings_outside *outside,
                                                      struct text name, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(outside->webhooks[i].name, name))
            return &outside->webhooks[i];
    return NULL;
}

static void outside_read_webhooks(const struct yaml_reader *reader, struct settings_outside *outside)
{
    const struct yaml_node *list = yaml_read_list(reader, "webhooks", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    if (count > SETTINGS_WEBHOOKS_MAX) {
        outside_complain(reader, "webhooks", "has more than %d items", SETTINGS_WEBHOOKS_MAX);
        return;
    }
    struct settings_webhook *webhooks = arena_alloc(reader->findings->arena, (count + 1) * sizeof *webhooks);
    outside->webhooks = webhooks;
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = {list->items[i], yaml_path_item(reader, "webhooks", i), reader->findings};
        if (item.map->kind != YAML_MAP) {
            finding_add(item.findings, SEVERITY_ERROR, item.map->place, item.path, "a webhook must be a map");
            continue;
        }
        outside_read_webhook(&item, &webhooks[i]);
        if (webhooks[i].name.bytes > 0 && outside_webhook(outside, webhooks[i].name, i) != NULL)
            outside_complain(&item, "name", "is used by another webhook");
    }
    outside->webhooks_count = count;
}

/* ---- contacts ---- */

static void outside_read_addresses(const struct yaml_reader *reader, const struct settings_outside *outside,
                                   struct settings_contact *contact)
{
    const struct text *names = NULL;
    size_t count = 0;
    if (!yaml_read_names(reader, "mail", YAML_MAY, &names, &count))
        return;
    if (outside->mail.server.at == NULL)
        outside_complain(reader, "mail", "is of no use: these settings have no \"mail\" with a server");
    if (count > SETTINGS_ADDRESSES_MAX) {
        outside_complain(reader, "mail", "has more than %d addresses", SETTINGS_ADDRESSES_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!outside_is_address(names[i]))
            outside_complain(reader, "mail", "has \"%.*s\", which is no plain address", TEXT_PRINT(names[i]));
        contact->mail[contact->mail_count++] = names[i];
    }
}

static void outside_read_contact(const struct yaml_reader *reader, const struct settings_outside *outside,
                                 struct settings_contact *contact)
{
    static const char *const known[] = {"mail", "webhook", NULL};
    if (reader->map->kind != YAML_MAP) {
        finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "a contact must be a map with \"mail\", \"webhook\" or both");
        return;
    }
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    outside_read_addresses(reader, outside, contact);
    if (yaml_read_name(reader, "webhook", YAML_MAY, &contact->webhook) &&
        outside_webhook(outside, contact->webhook, outside->webhooks_count) == NULL)
        outside_complain(reader, "webhook", "names no webhook of these settings: \"%.*s\"",
                         TEXT_PRINT(contact->webhook));
}

static void outside_read_contacts(const struct yaml_node *map, struct text path, struct findings *findings,
                                  struct settings_outside *outside)
{
    if (map->count > SETTINGS_CONTACTS_MAX) {
        finding_add(findings, SEVERITY_ERROR, map->place, path, "more than %d contacts",
                    SETTINGS_CONTACTS_MAX);
        return;
    }
    struct settings_contact *contacts = arena_alloc(findings->arena, (map->count + 1) * sizeof *contacts);
    for (size_t i = 0; i < map->count; i++) {
        struct yaml_reader item = {map->items[i],
                                   path.bytes > 0 ? arena_printf(findings->arena, "%.*s.%.*s",
                                                                 TEXT_PRINT(path), TEXT_PRINT(map->keys[i]))
                                                  : map->keys[i],
                                   findings};
        contacts[i].name = map->keys[i];
        outside_read_contact(&item, outside, &contacts[i]);
    }
    outside->contacts = contacts;
    outside->contacts_count = map->count;
}

/* Addresses may stand in a file of their own, which fewer people read. */
static void outside_read_contacts_file(const struct yaml_reader *reader, struct text path,
                                       struct settings_outside *outside)
{
    struct arena *arena = reader->findings->arena;
    struct findings *own = arena_alloc(arena, sizeof *own);
    struct complaint complaint = {.message = ""};
    struct text source = TEXT_NONE;
    const struct yaml_node *root = NULL;
    findings_open(own, arena, path);
    int code = file_read(arena, arena_text_copy(arena, path).at, YAML_BYTES_MAX, &source, &complaint);
    if (code != 0) {
        outside_complain(reader, "contacts-file", "cannot be read: %s",
                         code < 0 ? error_text(code) : complaint.message);
        return;
    }
    if (yaml_parse(arena, source, own, &root) == 0 && root != NULL && root->kind == YAML_MAP)
        outside_read_contacts(root, TEXT(""), own, outside);
    else if (own->errors == 0)
        outside_complain(reader, "contacts-file", "must hold a map of contacts");
    if (own->errors > 0)
        outside_complain(reader, "contacts-file", "has faults: %.*s", TEXT_PRINT(findings_first(own, arena)));
}

/* ---- the whole ---- */

static void outside_read_deliveries(const struct yaml_reader *reader, struct settings_outside *outside)
{
    static const char *const known[] = {"attempts", "first-seconds", "cap-seconds", NULL};
    struct yaml_reader section = {yaml_read_map(reader, "deliveries", YAML_MAY), TEXT("deliveries"),
                                  reader->findings};
    int64_t attempts = outside->attempts_max, first = OUTSIDE_FIRST_SECONDS, cap = OUTSIDE_CAP_SECONDS;
    if (section.map == NULL)
        return;
    yaml_check_keys(section.map, known, section.path, section.findings);
    (void)yaml_read_int(&section, "attempts", 1, SETTINGS_ATTEMPTS_MAX, &attempts);
    (void)yaml_read_int(&section, "first-seconds", 1, OUTSIDE_SECONDS_MAX, &first);
    (void)yaml_read_int(&section, "cap-seconds", 1, OUTSIDE_SECONDS_MAX, &cap);
    outside->attempts_max = (unsigned)attempts;
    outside->first_us = first * CIVIL_SECOND_US;
    outside->cap_us = cap * CIVIL_SECOND_US;
    if (cap < first)
        outside_complain(&section, "cap-seconds", "is less than first-seconds");
}

void settings_outside_read(const struct yaml_reader *reader, struct settings_outside *outside)
{
    struct text path = TEXT_NONE;
    outside_read_mail(reader, &outside->mail);
    outside_read_webhooks(reader, outside);
    outside_read_deliveries(reader, outside);
    const struct yaml_node *contacts = yaml_read_map(reader, "contacts", YAML_MAY);
    bool of_file = outside_read_path(reader, "contacts-file", YAML_MAY, &path);
    if (contacts != NULL && of_file)
        outside_complain(reader, "contacts-file", "and \"contacts\" exclude each other");
    else if (contacts != NULL)
        outside_read_contacts(contacts, TEXT("contacts"), reader->findings, outside);
    else if (of_file)
        outside_read_contacts_file(reader, path, outside);
}
