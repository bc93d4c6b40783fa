// The objects behind the driver's handles. All of them are guarded by the driver's lock (lock.h).
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../abi/cuda_abi.h"
#include "runner.h"

struct Operation;
using OperationPtr = std::shared_ptr<Operation>;
using Body = std::function<CUresult()>;

// One piece of work on a stream.
struct Operation {
    const char* kind = "";
    Body body;                              // run without the driver's lock
    std::shared_ptr<Stream> stream;
    std::vector<OperationPtr> after;        // of other streams; within a stream the order is that of the queue
    bool opens_memory = true;               // device memory is open while the body runs
    bool may_wait = false;                  // the body waits for another process or thread
    bool always = false;                    // runs even after a sticky error: frees, and hand-overs of resources
    bool done = false;
    std::chrono::steady_clock::time_point finished{};
};

struct Capture;

struct Stream : std::enable_shared_from_this<Stream> {
    Context* context = nullptr;             // null once the context is destroyed
    unsigned flags = 0;
    int priority = 0;
    bool legacy = false;
    bool busy = false;                      // a host thread runs the head of the queue
    bool background = false;                // a thread of the stand-in works on the queue
    bool asked = false;                     // the host waits for its work
    int polls = 0;
    unsigned long long id = 0;
    std::deque<OperationPtr> queue;
    OperationPtr last;                      // the newest operation, done or not
    std::shared_ptr<Capture> capture;
    std::vector<size_t> capture_after;      // nodes that the next captured operation of this stream follows
};

struct Event {
    Context* context = nullptr;
    unsigned flags = 0;
    OperationPtr recorded;                  // null: never recorded, which counts as complete
    int polls = 0;
    std::shared_ptr<Capture> capture;       // recorded in a capture
    std::vector<size_t> capture_after;
};

struct Function {
    Module* module = nullptr;
    const standin_kernel* kernel = nullptr;
    std::string name;
    int dynamic_limit = -1;                  // none was set
    int carveout = -1;
};

struct Module {
    Context* context = nullptr;
    void* handle = nullptr;
    int file = -1;                          // of the image; its number keeps the loader from taking another for it
    ModuleMemory memory;
    const standin_kernel* kernels = nullptr;
    std::map<std::string, std::unique_ptr<Function>> functions;
    int uses = 0;                           // pending launches
    ~Module();
};

struct Pool {
    int device = 0;
    uint64_t threshold = 0, used = 0, used_high = 0, reserved = 0, reserved_high = 0, maximum = 0;
    bool destroyed = false;
};

struct Node {
    const char* kind;
    Body body;
    std::vector<size_t> after;
    bool opens_memory, may_wait;
};

// Allocations made by the nodes of a graph: they live as long as the graph and what was instantiated of it.
struct GraphMemory {
    std::vector<uintptr_t> allocations;
    ~GraphMemory();
};

struct Graph {
    std::vector<Node> nodes;
    std::shared_ptr<GraphMemory> memory = std::make_shared<GraphMemory>();
};

struct GraphExec { std::shared_ptr<Graph> graph; Context* context; };

struct Capture {
    std::shared_ptr<Stream> origin;
    unsigned mode = 0;
    std::thread::id thread;
    bool invalid = false;
    std::shared_ptr<Graph> graph = std::make_shared<Graph>();
    std::vector<std::weak_ptr<Stream>> streams;
    unsigned long long id = 0;
};

struct Context {
    int device = 0;
    unsigned flags = 0;
    bool primary = false;
    CUresult sticky = CUDA_SUCCESS;
    unsigned long long id = 0;
    std::shared_ptr<Stream> legacy;
    std::map<std::thread::id, std::shared_ptr<Stream>> per_thread;
    std::map<Stream*, std::shared_ptr<Stream>> streams;      // created by the program
    std::set<std::shared_ptr<Stream>> orphans;               // destroyed with work pending
    std::map<Event*, std::shared_ptr<Event>> events;
    std::map<Module*, std::shared_ptr<Module>> modules;
    std::set<Context*> peers;                                // whose memory its kernels may use
    size_t limits[8] = {1024, 1 << 20, 8 << 20, 2, 2048, 128, 0, 0};

    std::vector<std::shared_ptr<Stream>> all_streams() const;
};
