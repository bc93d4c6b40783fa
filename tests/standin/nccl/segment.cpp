#include "segment.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nccl {
namespace {

double now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

size_t segment_bytes(int size) { return sizeof(Header) + sizeof(Ring) * static_cast<size_t>(size) * static_cast<size_t>(size); }

}  // namespace

double time_limit() {
    static const double seconds = [] {
        const char* text = std::getenv("STANDIN_NCCL_TIMEOUT");
        return text && *text ? std::atof(text) : 60.0;
    }();
    return seconds;
}

Patience::Patience() : until_(now() + time_limit()) {}
void Patience::refresh() {
    until_ = now() + time_limit();
    looks_ = 0;
}
bool Patience::wait() {
    if (++looks_ < 200) sched_yield();
    else usleep(looks_ < 2000 ? 50 : 1000);
    return looks_ % 64 != 0 || now() < until_;
}

void complain(const char* format, ...) {
    char line[512];
    int at = std::snprintf(line, sizeof line, "stand-in NCCL: ");
    va_list arguments;
    va_start(arguments, format);
    at += std::vsnprintf(line + at, sizeof line - static_cast<size_t>(at) - 1, format, arguments);
    va_end(arguments);
    if (at > static_cast<int>(sizeof line) - 2) at = static_cast<int>(sizeof line) - 2;
    line[at++] = '\n';
    if (write(2, line, static_cast<size_t>(at)) < 0) return;
}

Ring& Segment::ring(int from, int to) {
    auto rings = reinterpret_cast<Ring*>(static_cast<char*>(base_) + sizeof(Header));
    return rings[from * size_ + to];
}

std::shared_ptr<Segment> Segment::join(const std::string& name, int size, int rank, int device, ncclResult_t& result) {
    result = ncclSystemError;
    int file = shm_open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return nullptr;
    auto s = std::make_shared<Segment>();
    s->size_ = size;
    s->bytes_ = segment_bytes(size);
    // A larger file than this rank needs stays as it is: ranks that disagree about the size meet in the same header.
    struct stat status;
    bool sized = fstat(file, &status) == 0 &&
                 (static_cast<size_t>(status.st_size) >= s->bytes_ || ftruncate(file, static_cast<off_t>(s->bytes_)) == 0);
    void* at = sized ? mmap(nullptr, s->bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    if (at == MAP_FAILED) return nullptr;
    s->base_ = at;
    Header& h = s->header();
    int none = 0;
    result = ncclInvalidUsage;
    if (!h.size.compare_exchange_strong(none, size) && none != size) {
        complain("rank %d says that the communicator has %d ranks, another says %d", rank, size, none);
        h.failed = 1;
        return nullptr;
    }
    h.members[rank].device = device;
    if (h.members[rank].present.fetch_add(1) != 0) {
        complain("two ranks say that they are rank %d", rank);
        h.failed = 1;
        return nullptr;
    }
    if (++h.arrived == size) shm_unlink(name.c_str());
    Patience patience;
    while (h.arrived < size && !h.failed)
        if (!patience.wait()) {
            complain("rank %d: only %d of %d ranks have come within %g seconds", rank, h.arrived.load(), size, time_limit());
            h.failed = 1;
            shm_unlink(name.c_str());
            result = ncclRemoteError;
            return nullptr;
        }
    if (h.arrived < size) return nullptr;      // a rank that aborts when all have come fails later calls, not this one
    for (int r = 0; r < size && !std::getenv("STANDIN_NCCL_SHARE"); ++r)
        if (r != rank && h.members[r].device == device) {
            complain("duplicate GPU: ranks %d and %d are both on device %d", rank, r, device);
            return nullptr;
        }
    result = ncclSuccess;
    return s;
}

Segment::~Segment() {
    if (base_) munmap(base_, bytes_);
}

}  // namespace nccl
