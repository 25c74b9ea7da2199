#define _GNU_SOURCE
#include "readers.h"
#include "clock.h"
#include "publisher.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char TOKEN[] = "\"t\":";
static const char CURSOR[] = "\"cursor\":\"";
enum { CONNECTING, HANDSHAKE, OPEN, READY, STALLED, DEAD };
enum { OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

typedef struct {
    int fd;
    uint8_t state, header_n, opcode, control_n, matched, newlines, head_n, done, packed;
    uint8_t header[10], control[125];
    char head[16];
    uint64_t left;  /* bytes of the frame still to come */
    uint64_t value; /* digits after the token */
    uint32_t skip;  /* bytes that cannot hold another token */
    int messages;
    uint64_t t_start, t_ready;
    /* Where it stands, and how its messages begin: only for readers that move. */
    uint64_t move_at;
    char cursor[48], begins[48];
    uint8_t cursor_n, cursor_matched, begins_n, resumes;
} reader;

reader_counts readers;
move_counts moves;
static reader *all;
static reader_options opt;
static int ep, sources;

static void fail(const char *what) { perror(what); exit(2); }

void readers_prepare(int epoll, const reader_options *options) {
    opt = *options, ep = epoll;
    /* No address needs more than a few thousand ports. */
    sources = (opt.n + 3999) / 4000;
    /* A reader that moves has two connections in turn. */
    int slots = opt.moves ? 2 * opt.n : opt.n;
    all = calloc((size_t)slots + 1, sizeof *all);
    for (int i = 0; i < slots; i++) all[i].fd = -1, all[i].state = DEAD;
    if (opt.moves) for (moments *m = &moves.told; m <= &moves.moved; m++) m->room = (size_t)opt.n * 8, m->at = calloc(m->room + 1, sizeof *m->at);
}

static void note(moments *m, uint64_t now) { if (m->n < m->room) m->at[m->n++] = now; }
static reader *other(reader *c) { return c - all < opt.n ? c + opt.n : c - opt.n; }

static size_t write_request(char *b, size_t size, int i) {
    const char *mark = strstr(opt.path, "{}");
    reader *c = &all[i];
    int n = mark ? snprintf(b, size, "GET %.*s%d%s HTTP/1.1\r\n", (int)(mark - opt.path), opt.path, i + 1, mark + 2)
                 : snprintf(b, size, "GET %s%s%s HTTP/1.1\r\n", opt.path, c->resumes ? "&after=" : "", c->resumes ? c->cursor : "");
    n += snprintf(b + n, size - (size_t)n, "Host: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                  "Sec-WebSocket-Version: 13\r\nOrigin: http://%s:%d\r\n", opt.host, opt.port, opt.host, opt.port);
    if (opt.subprotocol) n += snprintf(b + n, size - (size_t)n, "Sec-WebSocket-Protocol: %s\r\n", opt.subprotocol);
    if (opt.deflate) n += snprintf(b + n, size - (size_t)n, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
    for (int h = 0; h < opt.n_headers; h++) n += snprintf(b + n, size - (size_t)n, "%s\r\n", opt.header[h]);
    n += snprintf(b + n, size - (size_t)n, "\r\n");
    return (size_t)n;
}

/* Whether it is part of a move that this end only delays. */
static int moving(reader *c) {
    reader *o = other(c);
    if (!c->resumes && c->state < READY) return 0;
    if (c->resumes && c->state < READY) { /* the old one stays, and tries again */
        moves.refused++;
        o->move_at = now_ns() + 500000000ull;
        return 1;
    }
    if (o->state >= READY && o->state != DEAD) return 1;
    moves.broken++;
    if (o->state == DEAD) c->move_at = now_ns() + 500000000ull;
    return 1;
}

/* An end with RST: no port is kept waiting. */
static void end(reader *c, int is_error, const char *why) {
    struct linger now = {1, 0};
    if (c->state == DEAD) return;
    if (c->state < READY) readers.in_flight--;
    else if (c->state == READY) readers.ready--;
    if (is_error && opt.moves && moving(c)) is_error = 0;
    if (is_error && readers.errors++ < 3)
        fprintf(stderr, "reader %ld: %s (state %d, errno %d, %.12s)\n", (long)(c - all), why, c->state, errno, c->head);
    c->state = DEAD;
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(c->fd);
}

static void start(int i) {
    reader *c = &all[i];
    int one = 1, small = 4096;
    char cursor[sizeof c->cursor] = "";
    if (opt.moves) memcpy(cursor, other(c)->cursor, sizeof cursor);
    memset(c, 0, sizeof *c);
    memcpy(c->cursor, cursor, sizeof cursor);
    c->resumes = *cursor != 0;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) fail("socket");
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (i < opt.stalled) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101u + (uint32_t)(i % opt.n % sources))};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    inet_pton(AF_INET, opt.host, &to.sin_addr);
    if (bind(c->fd, (void *)&from, sizeof from)) fail("bind");
    c->t_start = now_ns();
    readers.in_flight++;
    if (connect(c->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) fail("connect");
    struct epoll_event ev = {.events = EPOLLOUT, .data.u32 = (uint32_t)i};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev)) fail("epoll_ctl");
}

int readers_connect(void) {
    while (readers.next < opt.n && readers.in_flight < opt.in_flight) start(readers.next++);
    return readers.next < opt.n || readers.in_flight > 0;
}

static void send_frame(reader *c, uint8_t opcode, const void *p, size_t n) {
    uint8_t b[600] = {(uint8_t)(0x80 | opcode)};
    size_t h = 2;
    if (n > 500) n = 500;
    if (n < 126) b[1] = (uint8_t)(0x80 | n);
    else b[1] = 0x80 | 126, b[2] = (uint8_t)(n >> 8), b[3] = (uint8_t)n, h = 4;
    memset(b + h, 0, 4); /* masked with zeros, so the payload stays as it is */
    memcpy(b + h + 4, p, n);
    if (send(c->fd, b, h + 4 + n, MSG_NOSIGNAL) < 0) end(c, 1, "cannot send");
}

static void check_ready(reader *c) {
    if (c->state != OPEN || c->messages < (c->resumes ? 1 : opt.ready)) return;
    c->state = READY;
    c->t_ready = now_ns();
    readers.in_flight--, readers.ready++;
    if (c - all < opt.stalled) {
        c->state = STALLED, readers.ready--;
        epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
    }
}

/* What a message means to a reader that moves. False: its new connection was not greeted. */
static int heed(reader *c) {
    static const char told[] = "{\"type\":\"move\",\"after_ms\":", hello[] = "{\"type\":\"hello\"";
    uint64_t now = now_ns();
    c->begins[c->begins_n] = 0;
    if (!strncmp(c->begins, told, sizeof told - 1)) {
        note(&moves.told, now);
        c->move_at = now + strtoull(c->begins + sizeof told - 1, NULL, 10) * 1000000ull;
    } else if (c->resumes && c->state == OPEN) {
        if (strncmp(c->begins, hello, sizeof hello - 1)) { end(c, 1, "not greeted"); return 0; }
        reader *old = other(c);
        note(&moves.moved, now);
        if (old->state != DEAD) send_frame(old, OP_CLOSE, "\x03\xe8", 2);
        end(old, 0, NULL);
    }
    return 1;
}

static void end_of_frame(reader *c, int fin) {
    if (c->opcode == OP_PING) { readers.pings++; send_frame(c, OP_PONG, c->control, c->control_n); return; }
    if (c->opcode == OP_CLOSE) {
        readers.closed++;
        if (c->control_n > 1) fprintf(stderr, "closed with %d\n", c->control[0] << 8 | c->control[1]);
        end(c, 1, "closed by the server");
        return;
    }
    if (c->opcode == OP_PONG || !fin) return;
    c->messages++, readers.messages++;
    if (opt.moves && !heed(c)) return;
    check_ready(c);
}

/* The first cursor of a message is its own. */
static void take_cursor(reader *c, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n && c->begins_n < sizeof c->begins - 1; i++) c->begins[c->begins_n++] = (char)p[i];
    for (size_t i = 0; i < n && c->cursor_matched < sizeof CURSOR; i++) {
        if (c->cursor_matched < sizeof CURSOR - 1) {
            c->cursor_matched = p[i] == (uint8_t)CURSOR[c->cursor_matched] ? (uint8_t)(c->cursor_matched + 1) : p[i] == '"';
            c->cursor_n = 0;
        } else if (p[i] == '"') {
            c->cursor[c->cursor_n] = 0, c->cursor_matched++;
        } else if (c->cursor_n < sizeof c->cursor - 1) {
            c->cursor[c->cursor_n++] = (char)p[i];
        }
    }
}

static void scan(reader *c, const uint8_t *p, size_t n, uint64_t now) {
    if (c->opcode >= 8) {
        for (size_t i = 0; i < n && c->control_n < 125; i++) c->control[c->control_n++] = p[i];
        return;
    }
    if (c->packed) return;
    if (opt.moves) take_cursor(c, p, n);
    for (size_t i = 0; i < n && !c->done;) {
        if (c->skip) {
            size_t s = n - i < c->skip ? n - i : c->skip;
            c->skip -= (uint32_t)s, i += s;
            continue;
        }
        uint8_t ch = p[i++];
        if (c->matched == 4) {
            if (ch >= '0' && ch <= '9') { c->value = c->value * 10 + (uint64_t)(ch - '0'); continue; }
            if (c->value) {
                opt.on_token((uint32_t)((c - all) % opt.n), c->value, now);
                if (opt.several) c->skip = payload_len > 256 ? (uint32_t)payload_len - 256 : 0;
                else c->done = 1;
            }
            c->matched = 0;
        }
        if (ch == '\\') continue; /* JSON in JSON */
        if (ch == (uint8_t)TOKEN[c->matched]) { if (++c->matched == 4) c->value = 0; }
        else c->matched = ch == '"';
    }
}

/* True once the frame's header is whole. */
static int take_header(reader *c, const uint8_t **p, size_t *n) {
    for (;;) {
        unsigned length = c->header[1] & 127u;
        size_t want = c->header_n < 2 ? 2 : length == 126 ? 4 : length == 127 ? 10 : 2;
        if (c->header_n >= want) return 1;
        if (!*n) return 0;
        c->header[c->header_n++] = *(*p)++, --*n;
    }
}

static void begin_frame(reader *c) {
    const uint8_t *h = c->header;
    uint64_t length = h[1] & 127u;
    if (length == 126) length = (uint64_t)h[2] << 8 | h[3];
    else if (length == 127) for (int i = length = 0; i < 8; i++) length = length << 8 | h[2 + i];
    c->opcode = h[0] & 15;
    if (c->opcode == 0) c->opcode = 1; /* a continuation: as compressed as what it continues */
    else if (c->opcode < 8 && (c->packed = (h[0] & 0x40) != 0)) readers.deflated++;
    c->left = length;
    c->control_n = c->matched = c->done = 0, c->skip = 0;
    if (c->opcode < 8) c->begins_n = c->cursor_matched = 0;
}

static void receive(reader *c, const uint8_t *p, size_t n, uint64_t now) {
    while (n && c->state != DEAD) {
        if (!c->left) {
            if (!take_header(c, &p, &n)) return;
            begin_frame(c);
            if (!c->left) { c->header_n = 0; end_of_frame(c, c->header[0] & 0x80); continue; }
            if (!n) return;
        }
        size_t take = c->left < n ? (size_t)c->left : n;
        scan(c, p, take, now);
        p += take, n -= take, c->left -= take;
        if (!c->left) { c->header_n = 0; end_of_frame(c, c->header[0] & 0x80); }
    }
}

static void on_readable(reader *c) {
    static uint8_t buf[262144];
    ssize_t r = recv(c->fd, buf, sizeof buf, 0);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r <= 0) { end(c, 1, "connection lost"); return; }
    uint64_t now = now_ns();
    readers.bytes += (uint64_t)r;
    size_t i = 0, n = (size_t)r;
    if (c->state == HANDSHAKE) {
        for (; i < n && c->newlines < 4; i++) {
            if (c->head_n < sizeof c->head - 1) c->head[c->head_n++] = (char)buf[i];
            c->newlines = buf[i] == (c->newlines & 1 ? '\n' : '\r') ? (uint8_t)(c->newlines + 1) : buf[i] == '\r';
        }
        if (c->newlines < 4) return;
        if (strncmp(c->head + 8, " 101", 4)) { end(c, 1, "not accepted"); return; }
        c->state = OPEN;
        if (opt.send) send_frame(c, 1, opt.send, strlen(opt.send));
        check_ready(c);
    }
    if (i < n) receive(c, buf + i, n - i, now);
}

void readers_handle(uint32_t index) {
    reader *c = &all[index];
    if (c->state == DEAD) return;
    if (c->state != CONNECTING) { on_readable(c); return; }
    char request[2048];
    int err = 0;
    socklen_t l = sizeof err;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
    if (err) { errno = err; end(c, 1, "cannot connect"); return; }
    size_t n = write_request(request, sizeof request, (int)index);
    if (send(c->fd, request, n, MSG_NOSIGNAL) != (ssize_t)n) { end(c, 1, "cannot ask"); return; }
    c->state = HANDSHAKE;
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = index};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev);
}

void readers_move(uint64_t now) {
    for (int i = 0; opt.moves && i < 2 * opt.n; i++)
        if (all[i].move_at && all[i].move_at <= now && readers.in_flight < opt.in_flight && other(&all[i])->state == DEAD) {
            all[i].move_at = 0;
            start((int)(other(&all[i]) - all));
        }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int readers_ready_times(double *ms) {
    int k = 0;
    for (int i = 0; i < opt.n; i++)
        if (all[i].t_ready) ms[k++] = (double)(all[i].t_ready - all[i].t_start) / 1e6;
    qsort(ms, (size_t)k, sizeof *ms, by_size);
    return k;
}

void readers_close(void) {
    for (int i = 0; i < (opt.moves ? 2 * opt.n : opt.n); i++) end(&all[i], 0, NULL);
}
