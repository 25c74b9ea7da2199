/* fanout - the limit: a websocket server in C that does nothing but write one ready frame to every socket.
 *
 *   --port P            0 takes any; the address is printed
 *   --mode send         for each entry, send() the same frame on all sockets
 *   --mode writev       for each socket, everything pending in one sendmsg()
 *   --snapshot FILE     a message that each reader of /replay gets first
 *   --deflated FILE     the same compressed (raw deflate, RFC 7692), for readers that offer permessage-deflate
 *
 * POST of one entry, or of several as lines, is answered with 201 and then fanned out. Frames are made once and kept; a
 * reader is a position among them, so that a slow one costs no copy. No pings, no timeouts, no limits: a yardstick only.
 */
#define _GNU_SOURCE
#include "ws.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { AT_ONCE = 64, MOST_FDS = 65536, LONGEST_REQUEST = 8 << 20 };

typedef struct {
    uint8_t *p;
    size_t n;
} block;

typedef struct {
    int fd, index, open, waits;
    uint32_t next; /* frame */
    size_t offset; /* in that frame */
    size_t first;  /* bytes of `opening` written so far */
    block opening; /* what it gets before any frame; its own only until the handshake is answered */
    block request; /* what was read so far, until it is a reader */
} conn;

static conn *by_fd[MOST_FDS];
static conn **readers;
static int n_readers, cap_readers, ep, coalesce;
static block *frames;
static uint32_t n_frames, cap_frames;
static block snapshot, deflated;

static void die(const char *what) { perror(what); exit(2); }

static block make_frame(const void *p, size_t n, uint8_t first) {
    block f = {malloc(n + 10), 0};
    size_t h = ws_header(f.p, first, n);
    memcpy(f.p + h, p, n);
    f.n = h + n;
    return f;
}

static block read_frame(const char *path, uint8_t first) {
    FILE *f = fopen(path, "r");
    if (!f) die(path);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *p = malloc(n + 1);
    if (fread(p, 1, n, f) != n) die(path);
    fclose(f);
    block made = make_frame(p, n, first);
    free(p);
    return made;
}

static void wait_writable(conn *c, int wanted) {
    if (c->waits == wanted) return;
    c->waits = wanted;
    struct epoll_event ev = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.fd = c->fd};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev);
}

static void drop(conn *c) {
    if (c->open) {
        readers[c->index] = readers[--n_readers];
        readers[c->index]->index = c->index;
    }
    by_fd[c->fd] = NULL;
    close(c->fd);
    free(c->request.p);
    free(c);
}

static void advance(conn *c, size_t written) {
    while (written) {
        size_t left = frames[c->next].n - c->offset;
        if (written < left) { c->offset += written; return; }
        written -= left, c->next++, c->offset = 0;
    }
}

/* Sends what is pending up to frame `end`. False if the connection is gone. */
static int pump(conn *c, uint32_t end) {
    while (c->next < end) {
        struct iovec v[AT_ONCE];
        struct msghdr h = {.msg_iov = v};
        size_t want = 0;
        ssize_t r;
        if (coalesce)
            for (uint32_t m = c->next; m < end && h.msg_iovlen < AT_ONCE; m++) {
                size_t skip = m == c->next ? c->offset : 0;
                v[h.msg_iovlen++] = (struct iovec){frames[m].p + skip, frames[m].n - skip};
                want += frames[m].n - skip;
            }
        else want = frames[c->next].n - c->offset;
        r = coalesce ? sendmsg(c->fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT)
                     : send(c->fd, frames[c->next].p + c->offset, want, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (r < 0 && errno != EAGAIN) { drop(c); return 0; }
        if (r > 0) advance(c, (size_t)r);
        if (r < (ssize_t)want) { wait_writable(c, 1); return 1; }
    }
    return 1;
}

static int pump_opening(conn *c) {
    while (c->first < c->opening.n) {
        ssize_t r = send(c->fd, c->opening.p + c->first, c->opening.n - c->first, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (r < 0 && errno == EAGAIN) { wait_writable(c, 1); return 1; }
        if (r < 0) { drop(c); return 0; }
        c->first += (size_t)r;
    }
    return 1;
}

static void on_writable(conn *c) {
    if (!pump_opening(c) || c->first < c->opening.n) return;
    if (c->open && !pump(c, n_frames)) return;
    if (!c->open || c->next == n_frames) wait_writable(c, 0);
}

static void fan_out(uint32_t from) {
    for (uint32_t end = coalesce ? n_frames : from + 1; end <= n_frames; end++)
        for (int i = n_readers - 1; i >= 0; i--)
            if (!readers[i]->waits) pump(readers[i], end);
}

static void publish(const uint8_t *p, size_t n) {
    uint32_t from = n_frames;
    const uint8_t *end = p + n;
    while (p < end) {
        const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
        size_t length = (size_t)((nl ? nl : end) - p);
        if (n_frames == cap_frames) frames = realloc(frames, sizeof *frames * (cap_frames = cap_frames * 2 + 1024));
        if (length) frames[n_frames++] = make_frame(p, length, 0x81);
        p += length + 1;
    }
    fan_out(from);
}

static void upgrade(conn *c, const char *head, const char *key) {
    char answer[512], accept[32];
    int wants_deflate = deflated.n && strcasestr(head, "permessage-deflate");
    for (key += 18; *key == ' '; key++) {}
    ws_accept_key(key, strcspn(key, "\r"), accept);
    int n = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%sSec-WebSocket-Accept: %s\r\n\r\n",
                     wants_deflate ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n" : "", accept);
    if (!strncmp(head, "GET /replay", 11)) c->opening = wants_deflate ? deflated : snapshot;
    struct iovec v[2] = {{answer, (size_t)n}, {c->opening.p, c->opening.n}};
    ssize_t r = writev(c->fd, v, 2);
    if (r < n) { drop(c); return; }
    c->first = (size_t)(r - n);
    c->open = 1, c->next = n_frames;
    if (n_readers == cap_readers) readers = realloc(readers, sizeof *readers * (size_t)(cap_readers = cap_readers * 2 + 1024));
    c->index = n_readers;
    readers[n_readers++] = c;
    free(c->request.p);
    c->request = (block){0};
    if (c->first < c->opening.n) wait_writable(c, 1);
}

static void on_request(conn *c) {
    static uint8_t buf[LONGEST_REQUEST];
    static const char CREATED[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    ssize_t r = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
    if (r < 0 && errno == EAGAIN) return;
    if (r <= 0 || c->request.n + (size_t)r > LONGEST_REQUEST) { drop(c); return; }
    c->request.p = realloc(c->request.p, c->request.n + (size_t)r + 1);
    memcpy(c->request.p + c->request.n, buf, (size_t)r);
    c->request.n += (size_t)r;
    c->request.p[c->request.n] = 0;
    char *head = (char *)c->request.p, *end = strstr(head, "\r\n\r\n");
    if (!end) return;
    char *key = strcasestr(head, "sec-websocket-key:"), *length = strcasestr(head, "content-length:");
    if (key && key < end) { upgrade(c, head, key); return; }
    if (!length || length > end) { drop(c); return; }
    size_t body = (size_t)atol(length + 15), have = c->request.n - (size_t)(end + 4 - head);
    if (have < body) return;
    if (send(c->fd, CREATED, sizeof CREATED - 1, MSG_NOSIGNAL) < 0) { drop(c); return; }
    c->request.n = 0; /* one request at a time on a connection */
    publish((uint8_t *)end + 4, body);
}

static void on_readable(conn *c) {
    char b[4096];
    if (!c->open) { on_request(c); return; }
    ssize_t r = recv(c->fd, b, sizeof b, MSG_DONTWAIT);
    if (r == 0 || (r < 0 && errno != EAGAIN)) drop(c);
}

static int listen_on(int port) {
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (void *)&a, sizeof a) || listen(s, 4096)) die("listen");
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = s};
    epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev);
    getsockname(s, (void *)&a, &n);
    printf("listening on http://127.0.0.1:%d\n", ntohs(a.sin_port));
    fflush(stdout);
    return s;
}

static void accept_some(int listener) {
    int fd, one = 1;
    for (int i = 0; i < 64 && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0; i++) {
        if (fd >= MOST_FDS) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        conn *c = calloc(1, sizeof *c);
        c->fd = fd, by_fd[fd] = c;
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
    }
}

int main(int argc, char **argv) {
    int port = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *o = argv[i], *v = argv[i + 1];
        if (!strcmp(o, "--port")) port = atoi(v);
        else if (!strcmp(o, "--mode")) coalesce = !strcmp(v, "writev");
        else if (!strcmp(o, "--snapshot")) snapshot = read_frame(v, 0x81);
        else if (!strcmp(o, "--deflated")) deflated = read_frame(v, 0xC1);
        else { fprintf(stderr, "unknown option %s\n", o); return 2; }
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    ep = epoll_create1(0);
    int listener = listen_on(port);
    struct epoll_event ev[512];
    for (;;) {
        int k = epoll_wait(ep, ev, 512, -1);
        for (int e = 0; e < k; e++) {
            int fd = ev[e].data.fd;
            if (fd == listener) { accept_some(listener); continue; }
            if (by_fd[fd] && (ev[e].events & EPOLLOUT)) on_writable(by_fd[fd]);
            if (by_fd[fd] && (ev[e].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) on_readable(by_fd[fd]);
        }
    }
}
