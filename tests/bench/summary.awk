# What the tables of a run of scripts/bench say together: cases that miss their target, threads beside ranks, and memory.
#
# Fields, parted by tabs: program, ranks, threads of each, group, variant, case, seconds, yardstick's seconds, rate, its
# unit, median ratio, lower and upper quartile, target (0: none), whether the ratio should stay below the target, peak of
# memory over the vectors (0: not known).
BEGIN { FS = "\t" }

{
    label = $1 ": " $4 ($5 == "" ? "" : ", " $5) ": " $6
    how = $2 " x " $3
    if ($14 > 0) {
        judged[how]++
        if ($15 ? $11 > $14 : $11 < $14) {
            missed[how]++
            misses[++miss_count] = sprintf("%.4f\t  %-5s  %5.2f (%.2f to %.2f), %s %.2f  %s", $15 ? $14 / $11 : $11 / $14, how, $11, $12, $13, $15 ? "at most" : "at least", $14, label)
        }
    }
    if ($16 > 1.05) memories[++memory_count] = sprintf("  %-5s  %6.3f  %s", how, $16, label)
    if ($7 > 0) {
        if ($2 == 1 && $3 > 1) threaded[$3, $1 ": " $4 ": " $6] = $7
        if ($2 > 1 && $3 == 1) {
            ranked[++ranked_count] = $7
            ranked_of[ranked_count] = $2
            ranked_case[ranked_count] = $1 ": " $4 ": " $6
            ranked_label[ranked_count] = label
        }
    }
}

END {
    print "\nratios that miss their target, the worst first (ranks x threads of each, median, quartiles)"
    fflush()
    worst_first = "sort -n | cut -f 2-"
    for (k = 1; k <= miss_count; ++k) print misses[k] | worst_first
    close(worst_first)
    for (how in judged) printf "  %s: %d of %d cases reach their target\n", how, judged[how] - missed[how], judged[how]

    for (k = 1; k <= ranked_count; ++k) {
        if (!((ranked_of[k], ranked_case[k]) in threaded)) continue
        ratio = threaded[ranked_of[k], ranked_case[k]] / ranked[k]
        if (!compared++) print "\none rank with threads that is more than 5 % slower than as many ranks (time over time)"
        if (ratio > 1.05) {
            printf "  %5.2f  %s\n", ratio, ranked_label[k]
            ++slower
        }
    }
    if (compared) printf "  %d of %d cases are within 5 %%\n", compared - slower, compared

    print "\npeak of resident memory more than 5 % above the vectors"
    for (k = 1; k <= memory_count; ++k) print memories[k]
    if (!memory_count) print "  none"
}
