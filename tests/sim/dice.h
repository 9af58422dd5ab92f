/* dice.h - the simulator's only source of chance: a seed gives the same run on every machine (splitmix64). */
#ifndef TESTS_SIM_DICE_H
#define TESTS_SIM_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};
static inline uint64_t dice_roll(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
static inline size_t dice_below(struct dice *dice, size_t bound)
{
    return (size_t)(dice_roll(dice) % bound);
}
static inline bool dice_percent(struct dice *dice, unsigned percent)
{
    return dice_below(dice, 100) < percent;
}

#endif
