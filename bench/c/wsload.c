/* wsload - load client of the benchmark: one thread, epoll, loopback only.
 *
 * Connects readers by websocket, publishes entries by HTTP itself and times every delivery against the publish: an
 * entry carries the monotonic time at which it was sent after "t": (also when escaped, as in JSON within JSON).
 * Samples the server's processor time and memory around each phase. Prints one JSON document.
 *
 *   --port P --path /p        where readers connect; {} in the path becomes the reader's number, from 1
 *   --readers N               how many (0 is allowed); --handshakes K at a time (256)
 *   --subprotocol S  --header 'A: b'  --send TEXT      of the handshake; TEXT is sent after it
 *   --ready K                 a reader is ready after K messages
 *   --stalled M               the first M readers stop reading once they are ready
 *   --deflate                 offer permessage-deflate; what comes compressed is counted, not looked into
 *   --several                 messages may hold more than one entry
 *   --moves                   follow `move`: connect anew with the cursor, then leave the old connection
 *   --signal PID,NUMBER,MS    sent to a process after so many ms of the first phase; moves are timed from it
 *   --publish HOST:PORT/PATH  where entries are posted; --publish-header 'Authorization: …'
 *   --publishers W            connections for that, one request on each at a time (8)
 *   --payload FILE            the entry, with @T@ (time) and @S@ (sequence) in it
 *   --pids A,B  --aside C     the server's processes, and those beside it (its store)
 *   --settle MS               pause after connecting (1000)
 *   --linger MS               how long after a phase its processor time is looked at (100)
 *   --timeout S               for connecting and for each phase (60)
 *   --phase one=M             one entry after another, each when every reader has the one before
 *   --phase paced=MxMS        the same, but at least MS milliseconds apart
 *   --phase burst=MxL         M entries as fast as they are taken, L in one request (NDJSON; 1 if left out)
 *   --phase rate=RxM          M entries, R in a second, whatever becomes of them
 *   --phase idle=MS           nothing
 */
#define _GNU_SOURCE
#include "clock.h"
#include "publisher.h"
#include "readers.h"
#include "sample.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

static reader_options opt = {.host = "127.0.0.1", .path = "/", .in_flight = 256};
static pid_list server, aside;
static int signal_pid, signal_number, signal_ms; /* pid 0 once it is sent */
static uint64_t signalled_at;
static int ep, timeout_s = 60, settle_ms = 1000, linger_ms = 100;

/* Entries of the phase that runs. */
static uint64_t *sent_at, *last_at, arrived, unmatched;
static uint32_t *latency; /* [entry][reader] in 0.1 us, 0 while it has not come */
static uint32_t *reached;
static int n_sent;

static void on_token(uint32_t reader, uint64_t value, uint64_t now) {
    int low = 0, high = n_sent - 1;
    while (low <= high) {
        int mid = (low + high) / 2;
        if (sent_at[mid] == value) {
            uint32_t *l = &latency[(size_t)mid * (size_t)opt.n + reader];
            if (*l) return;
            *l = (uint32_t)((now - value) / 100) + 1;
            reached[mid]++, arrived++, last_at[mid] = now;
            return;
        }
        if (sent_at[mid] < value) low = mid + 1;
        else high = mid - 1;
    }
    unmatched++;
}

static void poll_ns(uint64_t ns) {
    static struct epoll_event ev[512];
    static uint64_t moved_at;
    if (opt.moves) {
        uint64_t now = now_ns();
        if (now - moved_at > 5000000ull) readers_move(now), moved_at = now;
        if (ns > 5000000ull) ns = 5000000ull;
    }
    struct timespec t = {(time_t)(ns / 1000000000ull), (long)(ns % 1000000000ull)};
    int k = epoll_pwait2(ep, ev, 512, &t, NULL);
    for (int i = 0; i < k; i++)
        if (ev[i].data.u32 & PUBLISHER_MARK) publisher_handle(ev[i].data.u32 & ~PUBLISHER_MARK, ev[i].events);
        else readers_handle(ev[i].data.u32);
}

static void poll_until(uint64_t when) {
    for (uint64_t now; (now = now_ns()) < when;) poll_ns(when - now);
}

static void wait_for(uint64_t deliveries, uint64_t deadline) {
    while ((arrived < deliveries && readers.ready > 0) || publisher_busy()) {
        if (now_ns() >= deadline) return;
        poll_ns(100000000ull);
    }
}

static void signal_if_due(uint64_t begin) {
    if (!signal_pid || now_ns() < begin + (uint64_t)signal_ms * 1000000ull) return;
    signalled_at = now_ns();
    kill(signal_pid, signal_number);
    signal_pid = 0;
}

static void send_some(int n, uint64_t due) {
    publisher_send(n, sent_at + n_sent, due);
    n_sent += n;
}

/* ---------------------------------------------------------------- figures */

static int by_u32(const void *a, const void *b) { uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b; return x < y ? -1 : x > y; }
static int by_double(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return x < y ? -1 : x > y; }

static void print_ms(const char *name, uint32_t *v, size_t n) {
    qsort(v, n, sizeof *v, by_u32);
#define AT(q) (n ? v[(size_t)((double)(n - 1) * (q))] / 10000.0 : 0)
    printf("\"%s\":{\"n\":%zu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},", name, n, AT(.5), AT(.99), AT(1.));
#undef AT
}

static void print_cpu(const sample *a, const sample *b) {
    printf("\"cpu_s\":%.6f,\"user_s\":%.2f,\"system_s\":%.2f,\"store_cpu_s\":%.6f,\"client_cpu_s\":%.6f,\"cpu_each_s\":[", b->cpu_all - a->cpu_all,
           b->user - a->user, b->sys - a->sys, b->cpu_aside - a->cpu_aside, b->self - a->self);
    for (int i = 0; i < server.n; i++) printf("%s%.6f", i ? "," : "", b->cpu[i] - a->cpu[i]);
    printf("],\"rss\":%.0f,\"rss_before\":%.0f,\"tcp_memory\":%.0f,\"tcp_memory_before\":%.0f", b->rss, a->rss, b->tcp_memory, a->tcp_memory);
}

/* Times since the signal. `told_within_ms`: from the first to the last reader of one node, told at most 1 s apart. */
static void print_moves(void) {
    uint64_t within = 0, first = 0;
    for (size_t i = 0; i < moves.told.n; i++) {
        if (!i || moves.told.at[i] - moves.told.at[i - 1] > 1000000000ull) first = moves.told.at[i];
        if (moves.told.at[i] - first > within) within = moves.told.at[i] - first;
    }
    printf("\"moves\":{\"told\":%zu,\"moved\":%zu,\"refused\":%llu,\"broken\":%llu,\"told_first_ms\":%.3f,\"told_within_ms\":%.3f,\"moved_per_s\":[",
           moves.told.n, moves.moved.n, (unsigned long long)moves.refused, (unsigned long long)moves.broken,
           moves.told.n ? (double)(moves.told.at[0] - signalled_at) / 1e6 : 0, (double)within / 1e6);
    size_t i = 0;
    for (uint64_t end = signalled_at + 1000000000ull, k; i < moves.moved.n; end += 1000000000ull) {
        for (k = 0; i < moves.moved.n && moves.moved.at[i] < end; i++) k++;
        printf("%s%llu", end - signalled_at > 1000000000ull ? "," : "", (unsigned long long)k);
    }
    printf("]},");
}

static void print_phase(const char *spec, int targets, const sample *a, const sample *b, uint64_t bytes) {
    size_t k = 0, all = (size_t)n_sent * (size_t)opt.n;
    int n_last = 0;
    double *last = malloc(((size_t)n_sent + 1) * sizeof *last);
    uint64_t end = 0;
    for (int i = 0; i < n_sent; i++) {
        if (!reached[i]) continue;
        last[n_last++] = (double)(last_at[i] - sent_at[i]) / 1e6;
        if (last_at[i] > end) end = last_at[i];
    }
    for (size_t i = 0; i < all; i++) if (latency[i]) latency[k++] = latency[i]; /* in place: k never passes i */
    qsort(last, (size_t)n_last, sizeof *last, by_double);
    printf("    {\"phase\":\"%s\",\"entries\":%d,\"readers\":%d,\"expected\":%.0f,\"delivered\":%llu,\"bytes\":%llu,\"delivery_wall_s\":%.6f,", spec, n_sent,
           targets, (double)n_sent * targets, (unsigned long long)arrived, (unsigned long long)bytes, end > published.first ? (double)(end - published.first) / 1e9 : 0);
    print_ms("delivery_ms", latency, k);
    printf("\"last_ms\":{\"p50\":%.3f,\"max\":%.3f},", n_last ? last[(n_last - 1) / 2] : 0, n_last ? last[n_last - 1] : 0);
    printf("\"requests\":%llu,\"refused\":%llu,\"publish_wall_s\":%.6f,", (unsigned long long)published.answered, (unsigned long long)published.refused,
           published.last > published.first ? (double)(published.last - published.first) / 1e9 : 0);
    print_ms("receipt_ms", published.latency, (size_t)published.answered);
    if (opt.moves) print_moves();
    print_cpu(a, b);
    printf("}");
    free(last);
}

/* ---------------------------------------------------------------- phases */

static void run_phase(const char *spec) {
    char kind[16];
    int m = 0, second = 0;
    if (sscanf(spec, "%15[a-z]=%dx%d", kind, &m, &second) < 2 || m < 1) { fprintf(stderr, "bad phase %s\n", spec); exit(2); }
    int is_rate = !strcmp(kind, "rate"), is_idle = !strcmp(kind, "idle");
    int entries = is_rate ? second : is_idle ? 0 : m, lines = second ? second : 1;
    size_t room = (size_t)entries + 1;
    sent_at = calloc(room, sizeof *sent_at), last_at = calloc(room, sizeof *last_at);
    reached = calloc(room, sizeof *reached), latency = calloc(room * (size_t)opt.n + 1, sizeof *latency);
    n_sent = 0, arrived = 0;
    publisher_begin((size_t)entries);
    int targets = readers.ready;
    uint64_t bytes = readers.bytes;
    sample a = sample_take(&server, &aside);
    uint64_t begin = now_ns(), deadline = begin + (uint64_t)timeout_s * 1000000000ull;
    if (is_idle) poll_until(begin + (uint64_t)m * 1000000ull);
    else if (!strcmp(kind, "one") || !strcmp(kind, "paced"))
        for (int i = 0; i < m && now_ns() < deadline; i++) {
            uint64_t next = now_ns() + (uint64_t)second * 1000000ull;
            send_some(1, 0);
            wait_for((uint64_t)n_sent * (uint64_t)targets, deadline);
            if (i + 1 < m) poll_until(next);
        }
    else if (is_rate)
        for (int i = 0; i < entries && now_ns() < deadline; i++) {
            uint64_t due = begin + (uint64_t)i * 1000000000ull / (uint64_t)m;
            signal_if_due(begin);
            poll_until(due);
            while (!publisher_free() && now_ns() < deadline) poll_ns(100000000ull);
            if (publisher_free()) send_some(1, due);
        }
    else if (!strcmp(kind, "burst"))
        while (n_sent < m && now_ns() < deadline) {
            if (publisher_free()) send_some(m - n_sent < lines ? m - n_sent : lines, 0);
            else poll_ns(100000000ull);
        }
    else { fprintf(stderr, "bad phase %s\n", spec); exit(2); }
    wait_for((uint64_t)n_sent * (uint64_t)targets, deadline);
    poll_until(now_ns() + (uint64_t)linger_ms * 1000000ull); /* what the server does after the last write is its work too */
    sample b = sample_take(&server, &aside);
    print_phase(spec, targets, &a, &b, readers.bytes - bytes);
    free(sent_at), free(last_at), free(reached), free(latency);
    n_sent = 0;
}

static void run_connect(void) {
    sample a = sample_take(&server, &aside);
    uint64_t deadline = a.t + (uint64_t)timeout_s * 1000000000ull;
    while (readers_connect() && now_ns() < deadline) poll_ns(20000000ull);
    sample b = sample_take(&server, &aside);
    uint64_t bytes = readers.bytes, messages = readers.messages, deflated = readers.deflated;
    poll_until(now_ns() + (uint64_t)settle_ms * 1000000ull);
    sample c = sample_take(&server, &aside);
    double *ms = malloc(((size_t)opt.n + 1) * sizeof *ms);
    int k = readers_ready_times(ms);
#define AT(q) (k ? ms[(int)((k - 1) * (q))] : 0)
    printf("{\"readers\":%d,\"ready\":%d,\"errors\":%llu,\"payload\":%zu,\n  \"connect\":{\"wall_s\":%.6f,\"ready_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},"
           "\"bytes\":%llu,\"messages\":%llu,\"deflated\":%llu,\"rss_settled\":%.0f,\"tcp_memory_settled\":%.0f,",
           opt.n, k, (unsigned long long)readers.errors, payload_len, (double)(b.t - a.t) / 1e9, AT(.5), AT(.99), AT(1.), (unsigned long long)bytes,
           (unsigned long long)messages, (unsigned long long)deflated, c.rss, c.tcp_memory);
#undef AT
    print_cpu(&a, &b);
    printf("},\n  \"phases\":[\n");
    fflush(stdout);
    free(ms);
}

int main(int argc, char **argv) {
    const char *phases[32], *publish = NULL, *publish_header = NULL, *payload = NULL;
    int n_phases = 0, publishers = 8;
    for (int i = 1; i < argc; i++) {
        const char *o = argv[i];
#define IS(x) (!strcmp(o, x))
#define VALUE (i + 1 < argc ? argv[++i] : (fprintf(stderr, "%s needs a value\n", o), exit(2), ""))
        if (IS("--host")) opt.host = VALUE;
        else if (IS("--port")) opt.port = atoi(VALUE);
        else if (IS("--path")) opt.path = VALUE;
        else if (IS("--readers")) opt.n = atoi(VALUE);
        else if (IS("--handshakes")) opt.in_flight = atoi(VALUE);
        else if (IS("--subprotocol")) opt.subprotocol = VALUE;
        else if (IS("--header")) opt.header[opt.n_headers++ & 7] = VALUE;
        else if (IS("--send")) opt.send = VALUE;
        else if (IS("--ready")) opt.ready = atoi(VALUE);
        else if (IS("--stalled")) opt.stalled = atoi(VALUE);
        else if (IS("--deflate")) opt.deflate = 1;
        else if (IS("--several")) opt.several = 1;
        else if (IS("--moves")) opt.moves = 1;
        else if (IS("--signal")) sscanf(VALUE, "%d,%d,%d", &signal_pid, &signal_number, &signal_ms);
        else if (IS("--publish")) publish = VALUE;
        else if (IS("--publish-header")) publish_header = VALUE;
        else if (IS("--publishers")) publishers = atoi(VALUE);
        else if (IS("--payload")) payload = VALUE;
        else if (IS("--pids")) pids_parse(&server, VALUE);
        else if (IS("--aside")) pids_parse(&aside, VALUE);
        else if (IS("--settle")) settle_ms = atoi(VALUE);
        else if (IS("--linger")) linger_ms = atoi(VALUE);
        else if (IS("--timeout")) timeout_s = atoi(VALUE);
        else if (IS("--phase")) phases[n_phases++ & 31] = VALUE;
        else { fprintf(stderr, "unknown option %s\n", o); return 2; }
    }
    if (strncmp(opt.host, "127.", 4)) { fprintf(stderr, "loopback targets only\n"); return 2; }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((rlim_t)opt.n + (opt.moves ? opt.in_flight : 0) + 100 > files.rlim_max) {
        fprintf(stderr, "%d readers need more open files than the limit of %lu\n", opt.n, (unsigned long)files.rlim_max);
        return 2;
    }
    ep = epoll_create1(0);
    if (payload) publisher_load(payload);
    opt.on_token = on_token;
    readers_prepare(ep, &opt);
    run_connect();
    if (publish) publisher_open(ep, publish, publish_header, publishers);
    for (int i = 0; i < n_phases; i++) {
        run_phase(phases[i]);
        printf("%s\n", i + 1 < n_phases ? "," : "");
        fflush(stdout);
    }
    printf("  ],\n  \"total\":{\"messages\":%llu,\"bytes\":%llu,\"pings\":%llu,\"unmatched\":%llu,\"errors\":%llu,\"closed\":%llu,\"ready\":%d}}\n",
           (unsigned long long)readers.messages, (unsigned long long)readers.bytes, (unsigned long long)readers.pings, (unsigned long long)unmatched,
           (unsigned long long)readers.errors, (unsigned long long)readers.closed, readers.ready);
    fflush(stdout);
    readers_close();
    return 0;
}
