/* Publishes entries by HTTP/1.1: a number of kept connections, one request on each at a time. */
#ifndef PUBLISHER_H
#define PUBLISHER_H
#include <stdint.h>
#include <stddef.h>

/* What an epoll event of a publisher's connection carries, with its index. */
#define PUBLISHER_MARK 0x80000000u

typedef struct {
    uint64_t answered, refused; /* requests */
    uint32_t *latency;          /* 0.1 us, of each answered request of this phase */
    uint64_t first, last;       /* ns: when the first was sent and the last answered */
} publisher_counts;

extern publisher_counts published;
extern size_t payload_len;

/* An entry with @T@ and @S@ in it: monotonic ns of the publish, and a sequence number. */
void publisher_load(const char *file);
/* spec is HOST:PORT/PATH, header one more header or NULL. Exits if it cannot connect. */
void publisher_open(int epoll, const char *spec, const char *header, int connections);
/* Forgets the counts of the phase before; at most `most` requests will follow. */
void publisher_begin(size_t most);
int publisher_free(void);
int publisher_busy(void);
/* One request of `lines` entries (NDJSON if several); their times go to `times`. due: when it should have been sent, 0 for now. */
void publisher_send(int lines, uint64_t *times, uint64_t due);
void publisher_handle(uint32_t index, uint32_t events);
#endif
