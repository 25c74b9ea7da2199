#define _GNU_SOURCE
#include "publisher.h"
#include "clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 64, HEAD = 8192 };

typedef struct {
    int fd, busy, watched, closes, again;
    char *out;
    size_t out_n, out_sent, out_cap;
    char head[HEAD];
    size_t head_n;
    long body_left; /* -1 while in the head */
    int status;
    uint64_t due;
} connection;

publisher_counts published;
size_t payload_len;
static connection pubs[MOST];
static struct sockaddr_in server;
static int n_pubs, ep, in_flight;
static char host_port[80], target[300], extra[2048];
static char *before_t, *between, *after_s;
static uint32_t sequence;
static uint64_t newest;
static size_t capacity;

static void fail(const char *what) { perror(what); exit(2); }

void publisher_load(const char *file) {
    static char buf[64 * 1024];
    FILE *f = fopen(file, "r");
    if (!f) fail(file);
    size_t n = fread(buf, 1, sizeof buf - 1, f);
    fclose(f);
    while (n && (buf[n - 1] == '\n' || buf[n - 1] == ' ')) n--;
    buf[n] = 0;
    char *t = strstr(buf, "@T@"), *s = t ? strstr(t, "@S@") : NULL;
    if (!s) { fprintf(stderr, "%s needs @T@, then @S@\n", file); exit(2); }
    *t = *s = 0;
    before_t = buf, between = t + 3, after_s = s + 3;
    payload_len = strlen(before_t) + 19 + strlen(between) + 9 + strlen(after_s);
}

static void open_connection(connection *p) {
    int one = 1;
    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(p->fd, (void *)&server, sizeof server)) fail("connect publisher");
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = PUBLISHER_MARK | (uint32_t)(p - pubs)};
    epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &ev);
}

void publisher_open(int epoll, const char *spec, const char *header, int connections) {
    char address[64];
    int port;
    if (sscanf(spec, "%63[0-9.]:%d%299s", address, &port, target) < 3 || strncmp(address, "127.", 4)) {
        fprintf(stderr, "--publish needs 127.x.x.x:PORT/PATH\n");
        exit(2);
    }
    ep = epoll;
    snprintf(host_port, sizeof host_port, "%s:%d", address, port);
    if (header) snprintf(extra, sizeof extra, "%s\r\n", header);
    n_pubs = connections < 1 ? 1 : connections > MOST ? MOST : connections;
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &server.sin_addr);
    for (int i = 0; i < n_pubs; i++) open_connection(&pubs[i]);
}

void publisher_begin(size_t most) {
    free(published.latency);
    memset(&published, 0, sizeof published);
    published.latency = calloc(most + 1, sizeof *published.latency);
    capacity = most;
}

int publisher_free(void) { return in_flight < n_pubs; }
int publisher_busy(void) { return in_flight; }

static void watch_out(connection *p, int wanted) {
    if (p->watched == wanted) return;
    p->watched = wanted;
    struct epoll_event ev = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.u32 = PUBLISHER_MARK | (uint32_t)(p - pubs)};
    epoll_ctl(ep, EPOLL_CTL_MOD, p->fd, &ev);
}

static void flush(connection *p) {
    while (p->out_sent < p->out_n) {
        ssize_t r = send(p->fd, p->out + p->out_sent, p->out_n - p->out_sent, MSG_NOSIGNAL);
        if (r < 0 && errno == EAGAIN) { watch_out(p, 1); return; }
        if (r < 0 && errno == EPIPE) break; /* the end of the connection is seen where it is read */
        if (r < 0) fail("publish");
        p->out_sent += (size_t)r;
    }
    watch_out(p, 0);
}

void publisher_send(int lines, uint64_t *times, uint64_t due) {
    connection *p = pubs;
    while (p->busy) p++;
    size_t body = (payload_len + 1) * (size_t)lines - 1;
    if (p->out_cap < body + 4096) p->out = realloc(p->out, p->out_cap = body + 4096);
    char *at = p->out;
    at += sprintf(at, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", target, host_port, extra,
                  lines > 1 ? "application/x-ndjson" : "application/json", body);
    for (int i = 0; i < lines; i++) {
        uint64_t t = now_ns();
        newest = times[i] = t > newest ? t : newest + 1;
        at += sprintf(at, "%s%s%019llu%s%09u%s", i ? "\n" : "", before_t, (unsigned long long)newest, between, ++sequence % 1000000000, after_s);
    }
    p->out_n = (size_t)(at - p->out), p->out_sent = 0;
    p->busy = 1, p->head_n = 0, p->body_left = -1, p->again = 0, in_flight++;
    p->due = due ? due : times[0];
    if (!published.first) published.first = times[0];
    flush(p);
}

static void reopen(connection *p) {
    close(p->fd);
    p->closes = p->watched = 0;
    open_connection(p);
}

static void answered(connection *p) {
    published.last = now_ns();
    if (published.answered < capacity) published.latency[published.answered] = (uint32_t)((published.last - p->due) / 100);
    published.answered++;
    if (p->status / 100 != 2 && published.refused++ == 0) fprintf(stderr, "publish answered with %d: %.600s\n", p->status, p->head);
    p->busy = 0, in_flight--;
    if (p->closes) reopen(p);
}

/* The head is complete: takes status and length from it. */
static void read_head(connection *p, size_t head_end) {
    char *length;
    p->head[p->head_n] = 0;
    p->status = p->head_n > 12 ? atoi(p->head + 9) : 0;
    if (p->status == 100) { fprintf(stderr, "100 Continue is not understood\n"); exit(2); }
    length = strcasestr(p->head, "\r\ncontent-length:");
    if (!length && p->status != 204) { fprintf(stderr, "an answer without Content-Length: %.300s\n", p->head); exit(2); }
    p->closes = strcasestr(p->head, "\r\nconnection: close") != NULL;
    p->body_left = (length ? atol(length + 17) : 0) - (long)(p->head_n - head_end);
}

void publisher_handle(uint32_t index, uint32_t events) {
    connection *p = &pubs[index];
    char b[65536];
    ssize_t r;
    if (events & EPOLLOUT) flush(p);
    while ((r = recv(p->fd, b, sizeof b, MSG_DONTWAIT)) > 0) {
        if (!p->busy) continue;
        if (p->body_left >= 0) {
            p->body_left -= r;
        } else {
            size_t take = (size_t)r < HEAD - 1 - p->head_n ? (size_t)r : HEAD - 1 - p->head_n;
            memcpy(p->head + p->head_n, b, take);
            p->head_n += take;
            char *end = memmem(p->head, p->head_n, "\r\n\r\n", 4);
            if (!end) continue;
            read_head(p, (size_t)(end + 4 - p->head));
            p->body_left -= r - (ssize_t)take;
        }
        if (p->body_left <= 0) answered(p);
    }
    if (r < 0 && errno != ECONNRESET) return;
    /* Closed by the server: while idle, or just as a request was sent, which is then asked again as any client would. */
    if (p->busy && (p->head_n || p->again++)) { fprintf(stderr, "the server closed a publisher's connection\n"); exit(2); }
    reopen(p);
    if (p->busy) p->out_sent = 0, flush(p);
}
