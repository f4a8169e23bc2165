/* The room around the program under test: the pretend bench lit by what stands on a display, photographed by a camera
 * on the network, with a person at it who reads the program's events and presses what a person presses. The program
 * knows nothing of it: it has a display, a camera's address, and two files. */
#pragma once

#include "network_bench_display.h"
#include "person.h"

struct room;

struct room_options {
    const struct display *display;
    const char *scene, *scenario; /* files */
    const char *events, *input;   /* FIFOs, made here */
    double camera_fps;
};

/* Fails the test on trouble. All that the options name must outlive the room. */
struct room *room_create(const struct room_options *o);
void room_destroy(struct room **r);

/* The camera's next picture (an mjpeg_picture): here the time of the room passes. */
void room_picture(void *room, int n, struct image *out);

/* From another thread than the camera's. */
void room_blind(struct room *r, bool blind); /* the camera sees the bench empty, whatever lies there */
void room_rest(struct room *r, bool rest);   /* the person does nothing */

struct room_score {
    int accepts, refusals, steps; /* verdicts heard; steps done */
    int max_gap_ms;               /* between two pictures: how far the room was from real time */
    struct person_stats person;
};
void room_score(struct room *r, struct room_score *out);
int room_unmet(struct room *r, FILE *out); /* see person_unmet */
