/** @file All of Sievert's public interface. */
#ifndef SIEVERT_SIEVERT_H
#define SIEVERT_SIEVERT_H
#include <sievert/base.h>
#include <sievert/bench.h>
#include <sievert/change.h>
#include <sievert/hook.h>
#include <sievert/report.h>
#include <sievert/rules.h>
#include <sievert/scan.h>
#endif
