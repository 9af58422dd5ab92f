/* common.c - see common.h. Union-find over all pairs; each root's members are then gathered by one sort. */
#include "workers/bulletins/common.h"

#include "base/log.h"

#include <stdlib.h>

/* A title as its pairs of neighbouring characters, sorted. */
struct common_pairs {
    uint64_t *at;
    size_t count;
};
struct common_node {
    struct common_issue issue;
    struct common_pairs pairs;
    size_t parent; /* of the union-find forest; itself at a root */
};

/* ---- titles ---- */

/* The character at t, which is valid UTF-8; *bytes_out: how long it is. */
static uint32_t common_character(const char *t, size_t *bytes_out)
{
    unsigned char c = (unsigned char)*t;
    *bytes_out = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    uint32_t character = c < 0x80 ? c : (uint32_t)(c & (0x7F >> *bytes_out));
    for (size_t i = 1; i < *bytes_out; i++)
        character = character << 6 | (uint32_t)((unsigned char)t[i] & 0x3F);
    return character;
}

/* Letters, digits and ideographs, small letters for capitals; 0 for signs and blanks. */
static uint32_t common_fold(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } signs[] = {{0x00, 0x2F},     {0x3A, 0x40},     {0x5B, 0x60},     {0x7B, 0xBF},    {0x2000, 0x206F},
                 {0x3000, 0x303F}, {0xFE30, 0xFE4F}, {0xFF00, 0xFF0F}, {0xFF1A, 0xFF20}};
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 'a';
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
        if (c >= signs[i].from && c <= signs[i].to)
            return 0;
    return c;
}

static int common_compare_pairs(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A title of one character is a pair with nothing. */
static struct common_pairs common_pairs_of(struct arena *arena, struct text title)
{
    struct common_pairs pairs = {arena_alloc(arena, (title.bytes + 1) * sizeof(*pairs.at)), 0};
    uint32_t before = 0;
    size_t bytes = 1, characters = 0;
    for (size_t i = 0; i < title.bytes; i += bytes) {
        uint32_t c = common_fold(common_character(title.at + i, &bytes));
        if (c == 0)
            continue;
        if (characters++ > 0)
            pairs.at[pairs.count++] = (uint64_t)before << 32 | c;
        before = c;
    }
    if (characters == 1)
        pairs.at[pairs.count++] = before;
    qsort(pairs.at, pairs.count, sizeof(*pairs.at), common_compare_pairs);
    return pairs;
}

/* Dice's measure in whole per cent, rounded down. */
static int common_measure(const struct common_pairs *a, const struct common_pairs *b)
{
    size_t shared = 0, i = 0, k = 0;
    if (a->count + b->count == 0)
        return 0;
    while (i < a->count && k < b->count) {
        shared += a->at[i] == b->at[k];
        bool first = a->at[i] <= b->at[k], second = b->at[k] <= a->at[i];
        i += first;
        k += second;
    }
    return (int)(200 * shared / (a->count + b->count));
}

int common_similarity(struct arena *arena, struct text a, struct text b)
{
    struct common_pairs first = common_pairs_of(arena, a), second = common_pairs_of(arena, b);
    return common_measure(&first, &second);
}

/* ---- links ---- */

static size_t common_root(struct common_node *nodes, size_t i)
{
    while (nodes[i].parent != i) {
        nodes[i].parent = nodes[nodes[i].parent].parent;
        i = nodes[i].parent;
    }
    return i;
}

static bool common_linked(const struct common_rule *rule, const struct common_node *a,
                          const struct common_node *b)
{
    if (rule->by_class && a->issue.class.bytes > 0 && text_equal(a->issue.class, b->issue.class))
        return true;
    return rule->by_title && common_measure(&a->pairs, &b->pairs) >= rule->similarity;
}

static void common_link(const struct common_rule *rule, struct common_node *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++) {
            size_t a = common_root(nodes, i), b = common_root(nodes, k);
            if (a != b && common_linked(rule, &nodes[i], &nodes[k]))
                nodes[a < b ? b : a].parent = a < b ? a : b;
        }
}

/* ---- clusters ---- */

static int common_compare_nodes(const void *a, const void *b)
{
    const struct common_node *x = a, *y = b;
    int order = text_compare(x->issue.subject, y->issue.subject);
    return order != 0 ? order : (x->issue.seq > y->issue.seq) - (x->issue.seq < y->issue.seq);
}

static int common_compare_clusters(const void *a, const void *b)
{
    const struct common_cluster *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    int order = text_compare(x->title, y->title);
    return order != 0 ? order : text_compare(x->issues[0].subject, y->issues[0].subject);
}

static size_t common_areas(const struct common_issue *issues, size_t count)
{
    size_t areas = 0;
    for (size_t i = 0; i < count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = text_equal(issues[k].area, issues[i].area);
        areas += !seen;
    }
    return areas;
}

/* The title that has most in common with the others; of equals the first in byte order. */
static struct text common_title(const struct common_node *nodes, const size_t *members, size_t count)
{
    struct text title = TEXT_NONE;
    int64_t most = -1;
    for (size_t i = 0; i < count; i++) {
        const struct common_node *node = &nodes[members[i]];
        int64_t sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += common_measure(&node->pairs, &nodes[members[k]].pairs);
        if (sum > most || (sum == most && text_compare(node->issue.title, title) < 0)) {
            most = sum;
            title = node->issue.title;
        }
    }
    return title;
}

/* The cluster of a root; its areas are 0 if it has too few issues. members: room for all. */
static struct common_cluster common_gather(struct arena *arena, const struct common_rule *rule,
                                           struct common_node *nodes, size_t count, size_t root,
                                           size_t *members)
{
    size_t found = 0;
    for (size_t i = root; i < count; i++)
        if (common_root(nodes, i) == root)
            members[found++] = i;
    if (found < (size_t)rule->at_least)
        return (struct common_cluster){.areas = 0};
    struct common_issue *issues = arena_alloc(arena, found * sizeof(*issues));
    for (size_t i = 0; i < found; i++)
        issues[i] = nodes[members[i]].issue;
    return (struct common_cluster){issues, found, common_areas(issues, found),
                                   common_title(nodes, members, found)};
}

struct common_clusters common_find(struct arena *arena, const struct common_rule *rule,
                                   const struct common_issue *issues, size_t count)
{
    ASSERT(count <= COMMON_ISSUES_MAX);
    struct common_node *nodes = arena_alloc(arena, (count + 1) * sizeof(*nodes));
    struct common_cluster *clusters = arena_alloc(arena, (count + 1) * sizeof(*clusters));
    size_t *members = arena_alloc(arena, (count + 1) * sizeof(*members)), found = 0;
    for (size_t i = 0; i < count; i++)
        nodes[i] = (struct common_node){issues[i], common_pairs_of(arena, issues[i].title), 0};
    qsort(nodes, count, sizeof(*nodes), common_compare_nodes);
    for (size_t i = 0; i < count; i++)
        nodes[i].parent = i;
    common_link(rule, nodes, count);
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].parent != i)
            continue;
        struct common_cluster cluster = common_gather(arena, rule, nodes, count, i, members);
        if (cluster.areas >= (size_t)rule->areas)
            clusters[found++] = cluster;
    }
    qsort(clusters, found, sizeof(*clusters), common_compare_clusters);
    return (struct common_clusters){clusters, found};
}
