/* settings_outside.h - the part of the settings that says how people outside are reached: the mail server,
 * webhooks, contacts, and how often a delivery is attempted. Addresses are the site's own affair: they stand
 * here, never in a charter or in the journal.
 */
#ifndef CONFIG_SETTINGS_OUTSIDE_H
#define CONFIG_SETTINGS_OUTSIDE_H

#include "config/settings.h"
#include "config/yaml_read.h"

void settings_outside_defaults(struct settings_outside *outside);
/* The keys mail, webhooks, contacts, contacts-file and deliveries of the settings' map. */
void settings_outside_read(const struct yaml_reader *reader, struct settings_outside *outside);

#endif
