# What the tables of a run of scripts/bench say together: cases that miss their target, threads beside ranks, and memory.
# Both modes, beta 0 and 1, float32 and float64 of an operator are one line, which gives the worst of them.
#
# Fields, parted by tabs: program, ranks, threads of each, group, variant, case, seconds, yardstick's seconds, rate, its
# unit, median ratio, lower and upper quartile, target (0: none), whether the ratio should stay below the target, peak of
# memory over the vectors (0: not known).
BEGIN { FS = "\t" }

function family(program, group, variant, name) {
    gsub(/ float(32|64)/, "", group)
    sub(/, (forward|adjoint).*/, "", name)
    return program ": " group (variant == "" ? "" : ", " variant) ": " name
}

# Lines of `text`, sorted by the number that each begins with, which is cut off.
function sorted(text, order) {
    if (text == "") text = "0\t  none\n"
    command = "sort -n" order " | cut -f 2-"
    fflush()
    printf "%s", text | command
    close(command)
}

{
    how = $2 " x " $3
    label = how "  " family($1, $4, $5, $6)
    if ($14 > 0) {
        judged[how]++
        cases[label]++
        reached = $15 ? $14 / $11 : $11 / $14
        if (reached < 1) {
            missed[how]++
            misses[label]++
            if (!(label in worst) || reached < worst[label]) {
                worst[label] = reached
                shown[label] = sprintf("%5.2f (%.2f to %.2f), %s %.2f", $11, $12, $13, $15 ? "at most" : "at least", $14)
            }
        }
    }
    if ($16 > 1.05 && $16 > memory[label]) memory[label] = $16
    if ($7 > 0 && $2 == 1 && $3 > 1) threaded[$3, $1, $4, $6] = $7
    if ($7 > 0 && $2 > 1 && $3 == 1) {
        ranked[++ranked_count] = $7
        key[ranked_count] = $2 SUBSEP $1 SUBSEP $4 SUBSEP $6
        name[ranked_count] = $2 ": " family($1, $4, $5, $6)
    }
}

END {
    print "\nratios that miss their target, the worst first: ranks x threads of each, median (quartiles), how many of its cases"
    text = ""
    for (label in worst) {
        text = text sprintf("%.4f\t  %s  %d of %d  %s\n", worst[label], shown[label], misses[label], cases[label], label)
    }
    sorted(text, "")
    for (how in judged) printf "  %s: %d of %d cases reach their target\n", how, judged[how] - missed[how], judged[how]

    for (k = 1; k <= ranked_count; ++k) {
        if (!(key[k] in threaded)) continue
        ++compared
        pairs[name[k]]++
        ratio = threaded[key[k]] / ranked[k]
        if (ratio > 1.05) {
            ++slower
            late[name[k]]++
            if (ratio > latest[name[k]]) latest[name[k]] = ratio
        }
    }
    if (compared) {
        print "\none rank with as many threads as there were ranks, more than 5 % slower: worst time over time, how many of its cases"
        text = ""
        for (label in late) {
            text = text sprintf("%.4f\t  %5.2f  %d of %d  %s\n", latest[label], latest[label], late[label], pairs[label], label)
        }
        sorted(text, "r")
        printf "  %d of %d cases are within 5 %%\n", compared - slower, compared
    }

    print "\npeak of resident memory more than 5 % above the vectors"
    text = ""
    for (label in memory) if (memory[label] > 0) text = text sprintf("%.4f\t  %6.3f  %s\n", memory[label], memory[label], label)
    sorted(text, "r")
}
