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
    const char *header[8];
    int n_headers;
} reader_options;

typedef struct {
    int ready, in_flight, next; /* readers now */
    uint64_t errors, bytes, messages, deflated, pings, closed;
} reader_counts;

extern reader_counts readers;

void readers_prepare(int epoll, const reader_options *options);
/* Starts handshakes up to the limit; false when nothing is left to start or to wait for. */
int readers_connect(void);
void readers_handle(uint32_t index);
/* ms between the first packet and readiness, sorted; how many there are. */
int readers_ready_times(double *ms);
void readers_close(void);

/* Called for the digits after "t": in a message. Given by the main program. */
void on_token(uint32_t reader, uint64_t value, uint64_t now);
#endif
