/* enactment.c - see enactment.h.
 *
 * The runtime has taken the charter in already (for all roles alike) when its text compiles and names what
 * the event names. The same two questions are asked here, to say so or to say why not.
 */
#include "workers/coordination/enactment.h"

#include "base/digest.h"
#include "base/log.h"
#include "config/charter.h"

static void enactment_refuse(struct turn *turn, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->at[i];
        if (finding->severity != SEVERITY_ERROR)
            continue;
        struct rule rule = {.place = arena_printf(turn_arena(turn), "%.*s:%d:%d", TEXT_PRINT(findings->file),
                                                  finding->place.line, finding->place.column)};
        emit_refusal(turn, &rule, NULL, 0, "%.*s: %.*s (%zu errors)", TEXT_PRINT(rule.place),
                     TEXT_PRINT(finding->message), findings->errors);
        return;
    }
    emit_refusal(turn, NULL, NULL, 0, "the text is no charter");
}

static void enactment_enact(struct turn *turn, const struct event *event, const struct charter *charter)
{
    uint64_t version = 0;
    char hex[DIGEST_HEX_BYTES];
    ASSERT(turn_charter(turn, charter->name, &version) != NULL);
    struct text text = doc_text(event->data, FIELD_TEXT);
    struct digest digest = digest_of((struct bytes){(const unsigned char *)text.at, text.bytes});
    struct doc *out = emit_begin(turn, EVENT_CHARTER_ENACTED);
    emit_charter(turn, charter->name);
    emit_input(turn, event->seq);
    doc_set_text(out, FIELD_NAME, charter->name);
    doc_set_int(out, FIELD_VERSION, (int64_t)version);
    doc_set_text(out, FIELD_DIGEST, text_from(digest_hex(&digest, hex)));
    if (charter->title.bytes > 0)
        doc_set_text(out, FIELD_TITLE, charter->title);
    doc_set_doc_field(out, FIELD_FILE, event->data);
    emit_end(turn);
}

int enactment_decide(struct turn *turn, const struct event *event)
{
    struct arena *arena = turn_arena(turn);
    struct text name = doc_text(event->data, FIELD_NAME), file = doc_text(event->data, FIELD_FILE);
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    findings_open(findings, arena, file.bytes > 0 ? file : name);
    const struct charter *charter =
        charter_compile(arena, doc_text(event->data, FIELD_TEXT), findings->file, findings);
    if (charter == NULL)
        enactment_refuse(turn, findings);
    else if (!text_equal(charter->name, name))
        emit_refusal(turn, NULL, NULL, 0, "the event names charter %.*s, its text %.*s", TEXT_PRINT(name),
                     TEXT_PRINT(charter->name));
    else
        enactment_enact(turn, event, charter);
    return 0;
}
