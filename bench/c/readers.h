/* Websocket readers: as many connections as wished, over several loopback addresses. */
#ifndef READERS_H
#define READERS_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *host, *path, *subprotocol, *send;
    int port, n, in_flight; /* in_flight: handshakes at a time */
    int ready;              /* a reader is ready after this many messages */
    int stalled;            /* this many stop reading then */
    int deflate, several;   /* offer permessage-deflate; look for more than one token in a message */
    int moves;              /* when told to move, connect anew with the cursor, then leave the old connection */
    const char *header[8];
    int n_headers;
    void (*on_token)(uint32_t reader, uint64_t value, uint64_t now); /* for the digits after "t": in a message */
} reader_options;

typedef struct {
    int ready, in_flight, next; /* readers now */
    uint64_t errors, bytes, messages, deflated, pings, closed;
} reader_counts;

/* ns of each; `n` of them, of at most `room`. */
typedef struct {
    uint64_t *at;
    size_t n, room;
} moments;

typedef struct {
    moments told, moved;      /* readers told to move, and those whose new connection greeted them */
    uint64_t refused, broken; /* new connections that were not; old ones that were gone before there was a new one */
} move_counts;

extern reader_counts readers;
extern move_counts moves;

void readers_prepare(int epoll, const reader_options *options);
/* Starts handshakes up to the limit; false when nothing is left to start or to wait for. */
int readers_connect(void);
void readers_handle(uint32_t index);
/* Begins the moves that are due. */
void readers_move(uint64_t now);
/* ms between the first packet and readiness, sorted; how many there are. */
int readers_ready_times(double *ms);
void readers_close(void);
#endif
