/* charter_json.h - what the parts of `charter show --json` share. */
#ifndef CONFIG_CHARTER_JSON_H
#define CONFIG_CHARTER_JSON_H

#include "config/charter.h"
#include "config/json_text.h"

void charter_json_names(struct json_text *json, const char *key, struct names names);
/* Adds the members of a rule (path, clause, place, default) to the object that is open. */
void charter_json_rule(struct json_text *json, const struct rule *rule);
/* An object with a rule's members, and before them a limit unless limit_key is NULL. */
void charter_json_section(struct json_text *json, const char *key, const struct rule *rule,
                          const char *limit_key, struct text limit);

/* charter_supervision_json.c: "supervision", if the charter has it, and "evaluations". */
void charter_json_supervision(struct json_text *json, const struct charter *charter);
/* charter_routines_json.c: "meetings" and "routines". */
void charter_json_routines(struct json_text *json, const struct charter *charter);

#endif
