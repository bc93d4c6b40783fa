/* LZ77 with hash chains, then one dynamic Huffman code a block. */
#include "deflate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 32768, HASH_SIZE = 1 << 15, CHAIN = 24, MATCH_MIN = 3, MATCH_MAX = 258, BLOCK_TOKENS = 1 << 15 };
enum { LITERALS = 286, DISTANCES = 30, END_OF_BLOCK = 256 };

static const uint16_t length_base[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                         31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_base[30] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
                                           193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

typedef struct {
    unsigned char *bytes;
    size_t length, capacity;
    uint32_t pending; /* bits not yet written, lowest first */
    int pending_count;
    int failed;
} bit_stream;

typedef struct {
    uint16_t length, distance; /* distance 0: `length` is a literal byte */
} token;

static void put_byte(bit_stream *s, unsigned value)
{
    if (s->length == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 1 << 16;
        unsigned char *bytes = realloc(s->bytes, capacity);
        if (!bytes) {
            s->failed = 1;
            return;
        }
        s->bytes = bytes;
        s->capacity = capacity;
    }
    s->bytes[s->length++] = (unsigned char)value;
}

static void put_bits(bit_stream *s, uint32_t value, int count)
{
    s->pending |= value << s->pending_count;
    s->pending_count += count;
    while (s->pending_count >= 8) {
        put_byte(s, s->pending & 255);
        s->pending >>= 8;
        s->pending_count -= 8;
    }
}

/* Huffman code lengths of at most `limit` bits: merge the two rarest; flatten the counts until the tree is low enough. */
static void code_lengths(const uint32_t *counts, int symbols, int limit, uint8_t *lengths)
{
    uint32_t weight[2 * LITERALS];
    int parent[2 * LITERALS];
    for (int shift = 0;; shift++) {
        int nodes = symbols, alive = 0, longest = 0;
        for (int i = 0; i < symbols; i++) {
            weight[i] = counts[i] ? (counts[i] >> shift) + 1 : 0;
            alive += weight[i] > 0;
        }
        memset(lengths, 0, (size_t)symbols);
        if (alive < 2) { /* a code needs two symbols to be complete */
            int only = 0;
            while (only < symbols && !weight[only]) only++;
            lengths[only < symbols ? only : 0] = 1;
            lengths[only == 0 || only == symbols ? 1 : 0] = 1;
            return;
        }
        for (; alive > 1; alive--, nodes++) {
            int a = -1, b = -1; /* the rarest and the next */
            for (int i = 0; i < nodes; i++) {
                if (!weight[i]) continue;
                if (a < 0 || weight[i] < weight[a]) {
                    b = a;
                    a = i;
                } else if (b < 0 || weight[i] < weight[b]) {
                    b = i;
                }
            }
            weight[nodes] = weight[a] + weight[b];
            weight[a] = weight[b] = 0;
            parent[a] = parent[b] = nodes;
        }
        for (int i = 0; i < symbols; i++) {
            if (!counts[i]) continue;
            int depth = 0;
            for (int node = i; node != nodes - 1; node = parent[node]) depth++;
            lengths[i] = (uint8_t)depth;
            if (depth > longest) longest = depth;
        }
        if (longest <= limit) return;
    }
}

/* Canonical codes, bit-reversed as the stream wants them. */
static void assign_codes(const uint8_t *lengths, int symbols, uint16_t *codes)
{
    uint16_t next = 0;
    for (int bits = 1; bits <= 15; bits++, next = (uint16_t)(next << 1)) {
        for (int i = 0; i < symbols; i++) {
            if (lengths[i] != bits) continue;
            uint16_t code = next++, reversed = 0;
            for (int b = 0; b < bits; b++) reversed |= (uint16_t)(((code >> b) & 1) << (bits - 1 - b));
            codes[i] = reversed;
        }
    }
}

static int last_base_below(const uint16_t *base, int count, int value)
{
    int i = count - 1;
    while (base[i] > value) i--;
    return i;
}

/* The code lengths of a block, themselves Huffman coded; runs of zeros are symbols 17 and 18. */
static void put_code_lengths(bit_stream *s, const uint8_t *literal, const uint8_t *distance)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t all[LITERALS + DISTANCES], symbol[LITERALS + DISTANCES], extra[LITERALS + DISTANCES], lengths[19];
    uint16_t codes[19];
    uint32_t counts[19] = {0};
    int n = 0;
    memcpy(all, literal, LITERALS);
    memcpy(all + LITERALS, distance, DISTANCES);
    for (int i = 0; i < LITERALS + DISTANCES; n++) {
        int run = 0;
        while (i + run < LITERALS + DISTANCES && run < 138 && all[i + run] == 0) run++;
        symbol[n] = run >= 11 ? 18 : run >= 3 ? 17 : all[i];
        extra[n] = (uint8_t)(run >= 11 ? run - 11 : run - 3);
        i += run >= 3 ? run : 1;
        counts[symbol[n]]++;
    }
    code_lengths(counts, 19, 7, lengths);
    assign_codes(lengths, 19, codes);
    put_bits(s, LITERALS - 257, 5);
    put_bits(s, DISTANCES - 1, 5);
    put_bits(s, 19 - 4, 4);
    for (int i = 0; i < 19; i++) put_bits(s, lengths[order[i]], 3);
    for (int i = 0; i < n; i++) {
        put_bits(s, codes[symbol[i]], lengths[symbol[i]]);
        if (symbol[i] >= 17) put_bits(s, extra[i], symbol[i] == 17 ? 3 : 7);
    }
}

static void put_block(bit_stream *s, const token *tokens, int count, int final)
{
    uint32_t literal_counts[LITERALS] = {0}, distance_counts[DISTANCES] = {0};
    uint8_t literal[LITERALS], distance[DISTANCES];
    uint16_t literal_codes[LITERALS], distance_codes[DISTANCES];
    literal_counts[END_OF_BLOCK] = 1;
    for (int i = 0; i < count; i++) {
        if (!tokens[i].distance) {
            literal_counts[tokens[i].length]++;
        } else {
            literal_counts[257 + last_base_below(length_base, 29, tokens[i].length)]++;
            distance_counts[last_base_below(distance_base, 30, tokens[i].distance)]++;
        }
    }
    code_lengths(literal_counts, LITERALS, 15, literal);
    code_lengths(distance_counts, DISTANCES, 15, distance);
    assign_codes(literal, LITERALS, literal_codes);
    assign_codes(distance, DISTANCES, distance_codes);
    put_bits(s, (uint32_t)final, 1);
    put_bits(s, 2, 2);
    put_code_lengths(s, literal, distance);
    for (int i = 0; i < count; i++) {
        if (!tokens[i].distance) {
            put_bits(s, literal_codes[tokens[i].length], literal[tokens[i].length]);
            continue;
        }
        int l = last_base_below(length_base, 29, tokens[i].length), d = last_base_below(distance_base, 30, tokens[i].distance);
        put_bits(s, literal_codes[257 + l], literal[257 + l]);
        put_bits(s, (uint32_t)(tokens[i].length - length_base[l]), length_bits[l]);
        put_bits(s, distance_codes[d], distance[d]);
        put_bits(s, (uint32_t)(tokens[i].distance - distance_base[d]), d < 4 ? 0 : d / 2 - 1);
    }
    put_bits(s, literal_codes[END_OF_BLOCK], literal[END_OF_BLOCK]);
}

static unsigned hash_of(const unsigned char *p)
{
    return ((uint32_t)(p[0] << 16 | p[1] << 8 | p[2]) * 2654435761u) >> 17;
}

/* Longest earlier occurrence of bytes[at..]; its length, 0 if there is none worth a token. */
static int longest_match(const unsigned char *bytes, size_t count, size_t at, const int64_t *head, const int64_t *previous,
                         int *distance)
{
    int best = 0, limit = count - at < MATCH_MAX ? (int)(count - at) : MATCH_MAX;
    if (limit < MATCH_MIN) return 0;
    int64_t candidate = head[hash_of(bytes + at)];
    for (int tries = 0; tries < CHAIN && candidate >= 0 && at - (size_t)candidate <= WINDOW - 1; tries++) {
        int length = 0;
        while (length < limit && bytes[(size_t)candidate + (size_t)length] == bytes[at + (size_t)length]) length++;
        if (length > best) {
            best = length;
            *distance = (int)(at - (size_t)candidate);
            if (best == limit) break;
        }
        candidate = previous[candidate % WINDOW];
    }
    return best >= MATCH_MIN ? best : 0;
}

static void put_adler(bit_stream *s, const unsigned char *bytes, size_t count)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < count; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    if (s->pending_count) put_bits(s, 0, 8 - s->pending_count);
    uint32_t sum = b << 16 | a;
    for (int shift = 24; shift >= 0; shift -= 8) put_byte(s, sum >> shift & 255);
}

unsigned char *deflate_compress(const unsigned char *bytes, size_t count, size_t *length)
{
    bit_stream s = {0};
    int64_t *head = malloc(HASH_SIZE * sizeof *head), *previous = malloc(WINDOW * sizeof *previous);
    token *tokens = malloc(BLOCK_TOKENS * sizeof *tokens);
    int used = 0;
    if (!head || !previous || !tokens) s.failed = 1;
    for (int i = 0; !s.failed && i < HASH_SIZE; i++) head[i] = -1;
    put_byte(&s, 0x78); /* deflate, 32 KiB window */
    put_byte(&s, 0x9c);
    for (size_t at = 0; !s.failed && at < count;) {
        int distance = 0, match = longest_match(bytes, count, at, head, previous, &distance);
        tokens[used++] = match ? (token){(uint16_t)match, (uint16_t)distance} : (token){bytes[at], 0};
        for (int step = match ? match : 1; step > 0; step--, at++) {
            if (at + MATCH_MIN > count) continue;
            unsigned hash = hash_of(bytes + at);
            previous[at % WINDOW] = head[hash];
            head[hash] = (int64_t)at;
        }
        if (used == BLOCK_TOKENS) {
            put_block(&s, tokens, used, 0);
            used = 0;
        }
    }
    if (!s.failed) put_block(&s, tokens, used, 1);
    put_adler(&s, bytes, count);
    free(head);
    free(previous);
    free(tokens);
    if (s.failed) {
        free(s.bytes);
        return NULL;
    }
    *length = s.length;
    return s.bytes;
}
