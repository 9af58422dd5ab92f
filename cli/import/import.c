/* import.c - see import.h: the map, the files, the reports, and where they go. Nothing is sent before
 * everything was read and every report was checked. */
#include "cli/import/import.h"

#include "base/file.h"
#include "base/limits.h"
#include "cli/import/sinks.h"
#include "cli/import/unzip.h"
#include "cli/local.h"
#include "cli/plural.h"

enum { IMPORT_ARENA_BYTES_MAX = INT32_MAX };

struct import {
    struct invocation *invocation;
    struct arena arena; /* map, content and rows */
    const struct map *map;
    struct caselog log;
    struct faults faults;
};

static struct text import_last_part(struct text path)
{
    const char *slash = memrchr(path.at, '/', path.bytes);
    size_t before = slash != NULL ? (size_t)(slash - path.at) + 1 : 0;
    return (struct text){path.at + before, path.bytes - before};
}

static int import_read_map(struct import *import)
{
    const char *path = import->invocation->options.map;
    struct findings *findings = arena_alloc(&import->arena, sizeof *findings);
    struct complaint complaint;
    struct text source;
    if (path == NULL)
        return command_fail(EXIT_USAGE, "dubanctl import --map MAP.yaml events.tsv.gz cases.tsv.gz",
                            "--map is missing");
    if (file_read(&import->arena, path, YAML_BYTES_MAX, &source, &complaint) != 0)
        return command_fail(EXIT_USAGE, NULL, "%s: %s", complaint.place, complaint.message);
    struct text name = import_last_part(text_from(path));
    findings_open(findings, &import->arena, name);
    import->map = map_compile(&import->arena, source, name, findings);
    (void)local_findings_print(findings);
    return import->map != NULL ? 0 : EXIT_NEGATIVE;
}

/* "events=log.tsv" names the table; a path alone leaves that to its header. */
static struct text import_table_of(const struct import *import, struct text *path)
{
    for (size_t i = 0; i < import->map->tables_count; i++) {
        struct text name = import->map->tables[i].name;
        if (text_starts_with(*path, name) && path->bytes > name.bytes && path->at[name.bytes] == '=') {
            *path = (struct text){path->at + name.bytes + 1, path->bytes - name.bytes - 1};
            return name;
        }
    }
    return TEXT_NONE;
}

static int import_read_file(struct import *import, const char *given)
{
    struct complaint complaint = {0};
    struct text path = text_from(given), content;
    struct text table = import_table_of(import, &path);
    if (unzip_read(&import->arena, path.at, UNZIP_BYTES_MAX, &content, &complaint) != 0)
        return command_fail(EXIT_USAGE, NULL, "%s: %s", complaint.place, complaint.message);
    if (caselog_add(&import->log, path, table, content, &complaint) != 0)
        return command_fail(EXIT_USAGE, "a file is a table of the map by its header; TABLE=FILE says which",
                            "%s", complaint.message);
    return 0;
}

/* Every table that a rule reads needs a file: a case without its rows would come out otherwise than it is. */
static int import_check_tables(const struct import *import)
{
    for (size_t t = 0; t < import->map->tables_count; t++) {
        bool there = false;
        for (size_t i = 0; i < import->log.files_count; i++)
            there |= import->log.files[i]->table == t;
        if (!there)
            return command_fail(EXIT_USAGE, NULL, "no file is the map's table %.*s",
                                TEXT_PRINT(import->map->tables[t].name));
    }
    return 0;
}

static int import_read(struct import *import)
{
    const struct invocation *invocation = import->invocation;
    int code = import_read_map(import);
    if (code != 0)
        return code;
    caselog_open(&import->log, import->map, &import->arena, &import->faults);
    for (size_t i = 0; code == 0 && i < invocation->positionals_count; i++)
        code = import_read_file(import, invocation->positionals[i]);
    if (code == 0)
        code = import_check_tables(import);
    if (code == 0)
        caselog_sort(&import->log);
    return code;
}

static int import_send(struct import *import, struct derivation *derivation)
{
    const struct options *options = &import->invocation->options;
    if (options->dry_run)
        return sink_count(derivation);
    if (options->publish)
        return sink_publish(import->invocation, derivation);
    return options->directory != NULL ? sink_journal(import->invocation, derivation) : sink_print(derivation);
}

static void import_tell_held(const struct derivation *derivation)
{
    if (derivation->held > 0)
        command_fail(
            0, NULL,
            "%llu report%s %s held back: a report that raises a case was left out or refused, or a row "
            "of the case is unreadable (first case %.*s)",
            (unsigned long long)derivation->held, PLURAL(derivation->held), PLURAL_WERE(derivation->held),
            TEXT_PRINT(derivation->held_case));
}

static int import_all(struct import *import)
{
    struct derivation derivation;
    int code = import_read(import);
    if (code != 0)
        return code;
    if (derive_all(&import->log, &import->faults, &derivation) != 0)
        code = command_fail(EXIT_USAGE, "import it in parts", "more than %d reports", DERIVE_REPORTS_MAX);
    else if (import->faults.count > 0 && import->invocation->options.strict)
        code = command_fail(EXIT_NEGATIVE, NULL, "nothing was sent: --strict");
    else
        code = import_send(import, &derivation);
    import_tell_held(&derivation);
    uint64_t held = derivation.held;
    derive_close(&derivation);
    if (import->faults.count > 0)
        command_fail(0, NULL, "%llu row%s or report%s %s wrong and %s left out",
                     (unsigned long long)import->faults.count, PLURAL(import->faults.count),
                     PLURAL(import->faults.count), PLURAL_BE(import->faults.count),
                     PLURAL_WERE(import->faults.count));
    return code == 0 && import->faults.count + held > 0 ? EXIT_NEGATIVE : code;
}

int import_run(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct import import = {.invocation = invocation};
    if (options->publish && options->directory != NULL)
        return command_fail(EXIT_USAGE, NULL, "--publish or --journal, not both");
    if (options->live && !options->publish && options->directory == NULL)
        return command_fail(EXIT_USAGE, NULL, "--live goes with --publish or --journal");
    if (options->directory == NULL &&
        (options->charters.count > 0 || options->calendars.count > 0 || options->until != NULL))
        return command_fail(EXIT_USAGE, NULL, "--charter, --calendar and --until go with --journal");
    arena_open(&import.arena, IMPORT_ARENA_BYTES_MAX);
    int code = import_all(&import);
    arena_close(&import.arena);
    return code;
}
