#define _GNU_SOURCE
#include "sample.h"
#include "clock.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void pids_parse(pid_list *list, const char *commas) {
    char *copy = strdup(commas), *rest = copy, *one;
    while ((one = strsep(&rest, ",")) && list->n < MOST_PIDS)
        if (*one) list->pid[list->n++] = atoi(one);
    free(copy);
}

/* User and system seconds from stat: in clock ticks, 10 ms as a rule. */
static void read_ticks(int pid, double *user, double *sys) {
    char path[64], line[1024];
    unsigned long u, s;
    double hz = (double)sysconf(_SC_CLK_TCK);
    *user = *sys = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) return;
    if (fgets(line, sizeof line, f)) {
        char *after = strrchr(line, ')');
        if (after && sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s) == 2)
            *user = (double)u / hz, *sys = (double)s / hz;
    }
    fclose(f);
}

/* The same time in nanoseconds, thread by thread; 0 on kernels that do not keep it. */
static double read_schedstat(int pid) {
    char path[320];
    double total = 0;
    unsigned long long ns;
    struct dirent *e;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *d = opendir(path);
    while (d && (e = readdir(d))) {
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", pid, e->d_name);
        FILE *f = fopen(path, "r");
        if (!f) continue;
        if (fscanf(f, "%llu", &ns) == 1) total += (double)ns / 1e9;
        fclose(f);
    }
    if (d) closedir(d);
    return total;
}

static double read_field(const char *path, const char *field) {
    char line[512];
    double value = 0;
    size_t n = strlen(field);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, field, n)) { value = atof(line + n); break; }
    if (f) fclose(f);
    return value;
}

static double read_tcp_memory(void) {
    char line[512];
    double pages = 0;
    FILE *f = fopen("/proc/net/sockstat", "r");
    while (f && fgets(line, sizeof line, f)) {
        char *mem = strstr(line, " mem ");
        if (!strncmp(line, "TCP:", 4) && mem) pages = atof(mem + 5);
    }
    if (f) fclose(f);
    return pages * (double)sysconf(_SC_PAGESIZE);
}

static double read_cpu(int pid, double *user, double *sys) {
    double precise = read_schedstat(pid);
    read_ticks(pid, user, sys);
    return precise > 0 ? precise : *user + *sys;
}

sample sample_take(const pid_list *server, const pid_list *aside) {
    sample s = {0};
    double user, sys;
    char path[64];
    for (int i = 0; i < server->n; i++) {
        s.cpu_all += s.cpu[i] = read_cpu(server->pid[i], &user, &sys);
        s.user += user, s.sys += sys;
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", server->pid[i]);
        s.rss += read_field(path, "Rss:") * 1024;
    }
    for (int i = 0; i < aside->n; i++) s.cpu_aside += read_cpu(aside->pid[i], &user, &sys);
    s.tcp_memory = read_tcp_memory();
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    s.self = (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) + (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
    s.t = now_ns();
    return s;
}
