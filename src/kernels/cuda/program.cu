// Programs over numbers that stay on the device; the operations are those of kernels/program.rs, one rounding each.

constexpr int REGISTERS = 48, MOST = 56, RECORD = 8;

enum Operation : short {
    LOAD, CONSTANT, COPY, ADD, MULTIPLY, DIVIDE, ROOT, WHERE_NONZERO, WHILE_RUNNING,
    STOP_AT_MOST, STOP_ABOVE, STOP_NOT_FINITE, STOP_NOT_POSITIVE
};

struct Instruction {
    short operation, to, a, b;
    double value;
};

struct Program {
    int count;
    short used, full;
    Instruction steps[MOST];
};

// A register is a complex factor of other kernels: a number and an imaginary part of zero.
struct Register {
    double number, zero;
};

__device__ inline bool stops(short operation, double a, double b) {
    switch (operation) {
    case STOP_AT_MOST: return a <= b;
    case STOP_ABOVE: return a > b;
    case STOP_NOT_FINITE: return !(a - a == 0);
    default: return a <= 0 && b > 0;
    }
}

__device__ inline double value(const Instruction &step, double a, double b, const double *sums, bool running) {
    switch (step.operation) {
    case LOAD: return sums[step.a];
    case CONSTANT: return step.value;
    case ADD: return a + b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case ROOT: return sqrt(a);
    case WHERE_NONZERO: return a == 0 ? 0 : b;
    case WHILE_RUNNING: return running ? a : 0;
    default: return a;
    }
}

// Runs the program on the registers, the first of which is the reason to stop. Then the sums are zero; where `records`
// are given, the first registers become the next one of them.
extern "C" __global__ void evaluate(
    Program program, Register *registers, double *sums, int doubles, double *records, int ring, int turn) {
    __shared__ double held[REGISTERS];
    for (int k = threadIdx.x; k < REGISTERS; k += blockDim.x) held[k] = registers[k].number;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int k = 0; k < program.count; ++k) {
            const Instruction &step = program.steps[k];
            double a = step.operation == LOAD ? 0 : held[step.a], b = held[step.b];
            bool running = held[0] == 0;
            if (step.operation < STOP_AT_MOST)
                held[step.to] = value(step, a, b, sums, running);
            else if (running && stops(step.operation, a, b))
                held[0] = step.to;
        }
        if (records != nullptr) {
            long long next = (long long)held[turn];
            double *record = records + RECORD * (next % ring);
            for (int k = 0; k < RECORD; ++k) record[k] = held[k];
            held[turn] = double(next + 1);
        }
    }
    __syncthreads();
    for (int k = threadIdx.x; k < REGISTERS; k += blockDim.x) registers[k] = {held[k], 0};
    for (int k = threadIdx.x; k < doubles; k += blockDim.x) sums[k] = 0;
}
