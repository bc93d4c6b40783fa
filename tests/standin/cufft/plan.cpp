#include "plan.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace cufft {
namespace {

std::mutex mutex;
std::map<int, std::unique_ptr<Plan>>& plans() {
    static auto all = new std::map<int, std::unique_ptr<Plan>>;
    return *all;
}

template <class I>
cufftResult make(int handle, int rank, const I* n, const I* inembed, I istride, I idist, const I* onembed, I ostride, I odist,
                 int type, I batch, size_t* work) {
    Plan* p = find(handle);
    if (!p || p->made) return CUFFT_INVALID_PLAN;
    if (fails("plan")) return CUFFT_ALLOC_FAILED;
    if (rank > 1 && fails("boxes")) return CUFFT_NOT_SUPPORTED;
    if (rank < 1 || rank > 3 || !n || batch < 1) return CUFFT_INVALID_VALUE;
    if (type != R2C && type != C2R && type != C2C && type != D2Z && type != Z2D && type != Z2Z) return CUFFT_INVALID_TYPE;
    for (int a = 0; a < rank; ++a)
        if (n[a] < 1) return CUFFT_INVALID_SIZE;
    p->sizes.assign(n, n + rank);
    p->batch = batch;
    p->type = type;
    p->packed_in = !inembed;
    p->packed_out = !onembed;
    if (inembed) p->in = {std::vector<long long>(inembed, inembed + rank), istride, idist};
    if (onembed) p->out = {std::vector<long long>(onembed, onembed + rank), ostride, odist};
    p->made = true;
    // Lines of neighbours need no room, whatever else as much as their elements.
    bool lines = rank == 1 && (p->packed_in || istride == 1) && (p->packed_out || ostride == 1);
    p->work = lines ? 0 : static_cast<size_t>(batch) * (single(type) ? 8 : 16);
    for (int a = 0; a < rank; ++a) p->work *= static_cast<size_t>(n[a]);
    if (work) *work = p->work;
    return CUFFT_SUCCESS;
}

cufftResult make_packed(int handle, std::vector<int> n, int type, int batch, size_t* work) {
    return make<int>(handle, static_cast<int>(n.size()), n.data(), nullptr, 1, 0, nullptr, 1, 0, type, batch, work);
}

}  // namespace

bool fails(const char* what) {
    const char* asked = std::getenv("STANDIN_CUFFT");
    return asked && asked == std::string(what);
}

Plan* find(int handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto at = plans().find(handle);
    return at == plans().end() ? nullptr : at->second.get();
}
bool to_half(int type) { return type == R2C || type == D2Z; }
bool from_half(int type) { return type == C2R || type == Z2D; }
bool single(int type) { return type == R2C || type == C2R || type == C2C; }

}  // namespace cufft

using namespace cufft;

CUFFT_API cufftResult cufftDestroy(int plan) {
    std::lock_guard<std::mutex> hold(cufft::mutex);
    return plans().erase(plan) ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}

CUFFT_API cufftResult cufftCreate(int* plan) {
    static int next;
    if (!plan) return CUFFT_INVALID_VALUE;
    std::lock_guard<std::mutex> hold(cufft::mutex);
    *plan = ++next;
    plans()[*plan] = std::make_unique<Plan>();
    return CUFFT_SUCCESS;
}

CUFFT_API cufftResult cufftMakePlan1d(int p, int n, int type, int batch, size_t* w) { return make_packed(p, {n}, type, batch, w); }
CUFFT_API cufftResult cufftMakePlan2d(int p, int a, int b, int type, size_t* w) { return make_packed(p, {a, b}, type, 1, w); }
CUFFT_API cufftResult cufftMakePlan3d(int p, int a, int b, int c, int type, size_t* w) {
    return make_packed(p, {a, b, c}, type, 1, w);
}
CUFFT_API cufftResult cufftMakePlanMany(int p, int rank, int* n, int* ie, int is, int id, int* oe, int os, int od, int type,
                                        int batch, size_t* w) {
    return make<int>(p, rank, n, ie, is, id, oe, os, od, type, batch, w);
}
CUFFT_API cufftResult cufftMakePlanMany64(int p, int rank, long long* n, long long* ie, long long is, long long id,
                                          long long* oe, long long os, long long od, int type, long long batch, size_t* w) {
    return make<long long>(p, rank, n, ie, is, id, oe, os, od, type, batch, w);
}

// Creates the plan and makes it; on an error there is none.
#define CREATE(call) \
    cufftResult result = cufftCreate(p); \
    if (result == CUFFT_SUCCESS && (result = call) != CUFFT_SUCCESS) cufftDestroy(*p); \
    return result
CUFFT_API cufftResult cufftPlan1d(int* p, int n, int type, int batch) { CREATE(cufftMakePlan1d(*p, n, type, batch, nullptr)); }
CUFFT_API cufftResult cufftPlan2d(int* p, int a, int b, int type) { CREATE(cufftMakePlan2d(*p, a, b, type, nullptr)); }
CUFFT_API cufftResult cufftPlan3d(int* p, int a, int b, int c, int type) { CREATE(cufftMakePlan3d(*p, a, b, c, type, nullptr)); }
CUFFT_API cufftResult cufftPlanMany(int* p, int rank, int* n, int* ie, int is, int id, int* oe, int os, int od, int type,
                                    int batch) {
    CREATE(cufftMakePlanMany(*p, rank, n, ie, is, id, oe, os, od, type, batch, nullptr));
}

CUFFT_API cufftResult cufftSetStream(int plan, void* stream) {
    Plan* p = find(plan);
    if (!p) return CUFFT_INVALID_PLAN;
    p->stream = stream;
    return CUFFT_SUCCESS;
}

// The work area is not needed, but must be there and is overwritten.
CUFFT_API cufftResult cufftSetWorkArea(int plan, void* area) {
    Plan* p = find(plan);
    if (!p) return CUFFT_INVALID_PLAN;
    p->area = area;
    p->automatic = false;
    return CUFFT_SUCCESS;
}
CUFFT_API cufftResult cufftSetAutoAllocation(int plan, int automatic) {
    Plan* p = find(plan);
    if (!p || p->made) return CUFFT_INVALID_PLAN;
    p->automatic = automatic;
    return CUFFT_SUCCESS;
}
CUFFT_API cufftResult cufftGetSize(int plan, size_t* work) {
    Plan* p = find(plan);
    if (!p) return CUFFT_INVALID_PLAN;
    *work = p->work;
    return CUFFT_SUCCESS;
}
CUFFT_API cufftResult cufftEstimate1d(int, int, int, size_t* work) { return *work = 0, CUFFT_SUCCESS; }
CUFFT_API cufftResult cufftEstimate2d(int, int, int, size_t* work) { return *work = 0, CUFFT_SUCCESS; }
CUFFT_API cufftResult cufftEstimate3d(int, int, int, int, size_t* work) { return *work = 0, CUFFT_SUCCESS; }
CUFFT_API cufftResult cufftEstimateMany(int, int*, int*, int, int, int*, int, int, int, int, size_t* work) {
    return *work = 0, CUFFT_SUCCESS;
}
CUFFT_API cufftResult cufftGetSizeMany(int plan, int, int*, int*, int, int, int*, int, int, int, int, size_t* work) {
    return cufftGetSize(plan, work);
}
CUFFT_API cufftResult cufftGetSizeMany64(int plan, int, long long*, long long*, long long, long long, long long*, long long,
                                         long long, int, long long, size_t* work) {
    return cufftGetSize(plan, work);
}
CUFFT_API cufftResult cufftGetVersion(int* version) { return *version = 12000, CUFFT_SUCCESS; }
CUFFT_API cufftResult cufftGetProperty(int which, int* value) { return *value = which == 0 ? 12 : 0, CUFFT_SUCCESS; }
