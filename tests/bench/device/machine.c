/*
 * What this machine has: devices, and the versions of the libraries that the loader finds. Fails, saying why, where a
 * context with a device cannot be made.
 *
 *     bench_device_machine
 */
#include "gpu.h"

#define NVRTC "libnvrtc.so libnvrtc.so.13 libnvrtc.so.12 libnvrtc.so.11.2"
#define CUBLAS "libcublas.so libcublas.so.13 libcublas.so.12 libcublas.so.11"
#define CUFFT "libcufft.so libcufft.so.12 libcufft.so.11 libcufft.so.10"
#define NCCL "libnccl.so.2 libnccl.so"

int main(void)
{
    int32_t devices = 0;
    int version = 0, minor = 0;
    if (dlops_device_get_count(&devices) != DLOPS_OK) {
        fprintf(stderr, "%s\n", dlops_last_error());
        return 1;
    }
    printf("devices: %d\n", devices);
    for (int32_t k = 0; k < devices; ++k) {
        dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
        dlops_context *context = NULL;
        char name[256];
        choices.memory = DLOPS_CUDA;
        choices.device = DLOPS_DEVICE(k);
        CHECK(dlops_context_create_self(&choices, &context));
        CHECK(dlops_context_get_device_name(context, name, sizeof name));
        printf("device %d: %s\n", k, name);
        dlops_context_destroy(&context);
    }
    right(DRIVER(cuDriverGetVersion, (int *))(&version), "cuDriverGetVersion");
    printf("driver: CUDA %d.%d\n", version / 1000, version % 1000 / 10);
    int (*nvrtc)(int *, int *) = (int (*)(int *, int *))function_of(NVRTC, "nvrtcVersion");
    if (nvrtc && nvrtc(&version, &minor) == 0) printf("NVRTC: %d.%d\n", version, minor);
    else printf("NVRTC: not found, so that no kernel can be compiled\n");
    int (*cublas)(int, int *) = (int (*)(int, int *))function_of(CUBLAS, "cublasGetProperty");
    int (*cublas_of)(void *, int *) = (int (*)(void *, int *))function_of(CUBLAS, "cublasGetVersion_v2");
    int parts[3] = {0};
    if (cublas && !cublas(0, &parts[0]) && !cublas(1, &parts[1]) && !cublas(2, &parts[2]))
        printf("cuBLAS: %d.%d.%d\n", parts[0], parts[1], parts[2]);
    else if (cublas_of && cublas_of(NULL, &version) == 0) printf("cuBLAS: %d\n", version);
    else printf("cuBLAS: not found, so that dense products are refused\n");
    int (*cufft)(int *) = (int (*)(int *))function_of(CUFFT, "cufftGetVersion");
    if (cufft && cufft(&version) == 0) printf("cuFFT: %d.%d.%d\n", version / 1000, version / 100 % 10, version % 100);
    else printf("cuFFT: not found, so that Fourier transforms go over the host\n");
    int (*nccl)(int *) = (int (*)(int *))function_of(NCCL, "ncclGetVersion");
    if (nccl && nccl(&version) == 0) printf("NCCL: %d.%d.%d\n", version / 10000, version / 100 % 100, version % 100);
    else printf("NCCL: not found\n");
    return 0;
}
