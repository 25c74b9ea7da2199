/* Processor time and memory of other processes, as /proc tells them. */
#ifndef SAMPLE_H
#define SAMPLE_H
#include <stdint.h>

enum { MOST_PIDS = 32 };

/* Process ids, the server's own and those beside it (its store). */
typedef struct {
    int pid[MOST_PIDS];
    int n;
} pid_list;

typedef struct {
    uint64_t t;                         /* when, ns */
    double cpu[MOST_PIDS];              /* s, user and system, of each server process */
    double cpu_all, user, sys;          /* s, of the server processes together */
    double cpu_aside;                   /* s, of the processes beside it */
    double rss;                         /* bytes, server processes together */
    double tcp_memory;                  /* bytes in socket buffers, the whole machine's */
    double self;                        /* s, this program */
} sample;

void pids_parse(pid_list *list, const char *commas);
sample sample_take(const pid_list *server, const pid_list *aside);
#endif
