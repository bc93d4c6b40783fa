// How the driver calls a kernel: an entry that takes the parameters by their addresses. The stand-in's compiler appends
// to each source a table of entries, one for each extern "C" kernel and each name expression.
#pragma once

template <class F> struct standin_signature;
template <class... P> struct standin_signature<void(P...)> {
    static constexpr unsigned count = sizeof...(P);
    static constexpr unsigned sizes[sizeof...(P) + 1] = {sizeof(P)..., 0};
    static constexpr unsigned alignments[sizeof...(P) + 1] = {alignof(P)..., 1};
    template <void (*kernel)(P...), size_t... i>
    STANDIN_UNCHECKED static void run(void** parameters, std::index_sequence<i...>) {
        while (standin_next_thread()) kernel(*static_cast<std::remove_reference_t<P>*>(parameters[i])...);
    }
    template <void (*kernel)(P...)> STANDIN_UNCHECKED static void entry(void** parameters) {
        run<kernel>(parameters, std::index_sequence_for<P...>{});
    }
};

#define STANDIN_ENTRY(name, ...) \
    {name, standin_signature<std::remove_pointer_t<decltype(&__VA_ARGS__)>>::template entry<&__VA_ARGS__>, \
     standin_signature<std::remove_pointer_t<decltype(&__VA_ARGS__)>>::count, \
     standin_signature<std::remove_pointer_t<decltype(&__VA_ARGS__)>>::sizes, \
     standin_signature<std::remove_pointer_t<decltype(&__VA_ARGS__)>>::alignments},
