/* settings.h - duband's and the workers' configuration: YAML with defaults that work without a file.
 *
 * Order: defaults < file (--config, or /etc/duban/duban.yaml if it exists) < command line. Run from a
 * checkout (the binary lies in a `build/` folder) state and sockets are under ./var, else /var/lib/duban and
 * /run/duban.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "config/yaml.h"
#include "proto/event.h"

enum {
    SETTINGS_ENDPOINTS_MAX = 4,
    SETTINGS_KEYS_MAX = 256,
    SETTINGS_GRANTS_MAX = 32,
    SETTINGS_WEBHOOKS_MAX = 64,
    SETTINGS_SECRETS_MAX = 4, /* of one webhook, while its secret changes */
    SETTINGS_CONTACTS_MAX = 4096,
    SETTINGS_ADDRESSES_MAX = 16, /* of one contact */
    SETTINGS_ATTEMPTS_MAX = 100
};

/* One key: who it is and what it may publish. */
struct settings_key {
    struct text name;                          /* publisher name in the journal */
    struct text curve;                         /* Z85 public key, or none */
    int64_t uid;                               /* ipc peer uid, or -1 */
    struct text role;                          /* worker role it may take, "any", or none */
    bool operate;                              /* may use operator queries (clock.advance, backup …) */
    struct text types[SETTINGS_GRANTS_MAX];    /* type prefixes it may publish; "*" all reports */
    struct text charters[SETTINGS_GRANTS_MAX]; /* "*" all */
    struct text units[SETTINGS_GRANTS_MAX];    /* units as actor or data.unit; "*" all */
    size_t types_count, charters_count, units_count;
};
/* Letters go out through one server. */
struct settings_mail {
    struct text server; /* smtp://host[:port] or smtps://host[:port]; none: no mail */
    struct text from;   /* an address */
    struct text user, password_file;
    struct text ca_file; /* besides the system's, or none */
    bool plain;          /* tls: none */
};
struct settings_webhook {
    struct text name, url;
    struct text secret_files[SETTINGS_SECRETS_MAX];
    size_t secrets_count;
    struct text ca_file;
};
/* Where a post, a unit or somebody else who is told by name is reached: "finance.clerk", or for one charter
 * alone "shenzhen-2020/finance.clerk". */
struct settings_contact {
    struct text name;
    struct text mail[SETTINGS_ADDRESSES_MAX];
    size_t mail_count;
    struct text webhook; /* a webhook's name, or none */
};
struct settings_outside {
    struct settings_mail mail;
    const struct settings_webhook *webhooks;
    size_t webhooks_count;
    const struct settings_contact *contacts;
    size_t contacts_count;
    unsigned attempts_max;    /* then a delivery has failed */
    int64_t first_us, cap_us; /* the pause after the first attempt; it doubles up to the cap */
};
struct settings {
    struct text state_directory, run_directory, out_directory;
    struct text publisher_endpoints[SETTINGS_ENDPOINTS_MAX]; /* default ipc://<run>/publish.sock */
    struct text worker_endpoints[SETTINGS_ENDPOINTS_MAX];    /* default ipc://<run>/work.sock */
    size_t publisher_endpoints_count, worker_endpoints_count;
    struct text curve_secret_file;        /* needed for tcp */
    bool replay;                          /* clock: replay */
    struct text replay_roles[ROLE_COUNT]; /* that must be caught up before time moves */
    size_t replay_roles_count;
    uint64_t journal_bytes_max, segment_bytes;
    uint64_t map_bytes_max; /* of a worker's store */
    struct settings_key keys[SETTINGS_KEYS_MAX];
    size_t keys_count; /* none given: the daemon's own uid (and root) may do everything over ipc, nobody else
                          anything */
    struct text log_level;
    struct settings_outside outside; /* settings_outside.c */
};
/* path NULL: the default file if it exists. Findings hold errors with places; 0, or YAML_E_MALFORMED. */
int settings_load(struct arena *arena, const char *path, struct settings *settings_out,
                  struct findings *findings) MUST_CHECK;
/* The same with directories of the command line (NULL: not given), from which endpoints follow that the file
 * does not name. */
int settings_load_over(struct arena *arena, const char *path, const char *state, const char *run,
                       struct settings *settings_out, struct findings *findings) MUST_CHECK;
/* Where charters and calendars lie: ./config in a checkout, else /usr/share/duban; DUBAN_CONFIG overrides. */
struct text settings_config_directory(struct arena *arena);

#endif
