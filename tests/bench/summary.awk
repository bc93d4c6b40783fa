# What the tables of a run of scripts/bench say together: cases that miss their target, and memory.
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
}

END {
    print "\nratios that miss their target, the worst first: ranks x threads of each, median (quartiles), how many of its cases"
    text = ""
    for (label in worst) {
        text = text sprintf("%.4f\t  %s  %d of %d  %s\n", worst[label], shown[label], misses[label], cases[label], label)
    }
    sorted(text, "")
    for (how in judged) printf "  %s: %d of %d cases reach their target\n", how, judged[how] - missed[how], judged[how]

    print "\npeak of resident memory more than 5 % above the vectors"
    text = ""
    for (label in memory) if (memory[label] > 0) text = text sprintf("%.4f\t  %6.3f  %s\n", memory[label], memory[label], label)
    sorted(text, "r")
}
