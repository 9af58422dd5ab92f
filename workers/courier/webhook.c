/* webhook.c - see webhook.h. */
#include "workers/courier/webhook.h"

#include "base/digest.h"

#include <inttypes.h>

bool webhook_secret(struct arena *arena, struct text written, struct bytes *secret_out)
{
    static const struct text prefix = {"whsec_", sizeof "whsec_" - 1};
    while (written.bytes > 0 && strchr("\r\n ", written.at[written.bytes - 1]) != NULL)
        written.bytes--;
    if (!text_starts_with(written, prefix))
        return false;
    struct text base64 = {written.at + prefix.bytes, written.bytes - prefix.bytes};
    return digest_from_base64(arena, base64, secret_out) && secret_out->bytes >= WEBHOOK_SECRET_BYTES_MIN &&
           secret_out->bytes <= WEBHOOK_SECRET_BYTES_MAX;
}

struct text webhook_signature(struct arena *arena, const struct bytes *secrets, size_t count, struct text id,
                              int64_t at_s, struct text body)
{
    struct text signed_text =
        arena_printf(arena, "%.*s.%" PRId64 ".%.*s", TEXT_PRINT(id), at_s, TEXT_PRINT(body));
    struct bytes message = {(const unsigned char *)signed_text.at, signed_text.bytes};
    struct text all = TEXT("");
    for (size_t i = 0; i < count; i++) {
        struct digest digest = digest_hmac_sha256(secrets[i], message);
        struct text one = digest_base64(arena, (struct bytes){digest.at, sizeof digest.at});
        all = arena_printf(arena, "%.*s%sv1,%.*s", TEXT_PRINT(all), i > 0 ? " " : "", TEXT_PRINT(one));
    }
    return all;
}
