// Ownership of a C handle, and what the types have in common.
#ifndef DLOPS_HANDLE_HPP
#define DLOPS_HANDLE_HPP

#include "error.hpp"

#include <complex>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace dlops {

/// A scalar that multiplies arrays of any type, from a real or a complex number.
class scalar {
public:
    scalar(double value) noexcept : value_{value, 0.0} {}
    scalar(std::complex<float> value) noexcept : value_{value.real(), value.imag()} {}
    scalar(std::complex<double> value) noexcept : value_{value.real(), value.imag()} {}
    scalar(dlops_scalar value) noexcept : value_(value) {}

    operator dlops_scalar() const noexcept { return value_; }

private:
    dlops_scalar value_;
};

enum class dtype : int32_t {
    float32 = DLOPS_FLOAT32,
    float64 = DLOPS_FLOAT64,
    complex64 = DLOPS_COMPLEX64,
    complex128 = DLOPS_COMPLEX128,
    int32 = DLOPS_INT32,
    int64 = DLOPS_INT64
};

namespace detail {

template <class Element>
constexpr dtype find_dtype() noexcept
{
    constexpr bool known = std::is_same_v<Element, float> || std::is_same_v<Element, double> ||
        std::is_same_v<Element, std::complex<float>> || std::is_same_v<Element, std::complex<double>> ||
        (std::is_integral_v<Element> && std::is_signed_v<Element> && (sizeof(Element) == 4 || sizeof(Element) == 8));
    static_assert(known, "elements are float, double, std::complex of these, int32_t or int64_t");
    return std::is_same_v<Element, float>            ? dtype::float32
        : std::is_same_v<Element, double>            ? dtype::float64
        : std::is_same_v<Element, std::complex<float>>  ? dtype::complex64
        : std::is_same_v<Element, std::complex<double>> ? dtype::complex128
        : sizeof(Element) == 4                          ? dtype::int32
                                                        : dtype::int64;
}

inline const char *name(dtype type) noexcept
{
    constexpr const char *names[] = {"float32", "float64", "complex64", "complex128", "int32", "int64"};
    return names[static_cast<int32_t>(type) - 1];
}

} // namespace detail

/// The dtype of a C++ type: dtype_of<std::complex<float>> is dtype::complex64.
template <class Element>
inline constexpr dtype dtype_of = detail::find_dtype<std::remove_cv_t<Element>>();

/// Contiguous elements that belong to somebody else; converts to std::span where there is one.
template <class Element>
class span {
public:
    using element_type = Element;

    span() = default;
    span(Element *data, std::size_t size) noexcept : data_(data), size_(size) {}

    Element *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    Element *begin() const noexcept { return data_; }
    Element *end() const noexcept { return data_ + size_; }
    Element &operator[](std::size_t index) const noexcept { return data_[index]; }

private:
    Element *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail {

/// Owns one handle. Object is the class that derives from it.
template <class Object, class Handle, dlops_status (*Destroy)(Handle **), dlops_status (*Retain)(const Handle *, Handle **)>
class owner {
public:
    using handle_type = Handle;

    owner() = default;
    /// Takes the handle over.
    explicit owner(Handle *handle) noexcept : handle_(handle) {}
    owner(owner &&other) noexcept : handle_(other.release()) {}
    owner &operator=(owner &&other) noexcept
    {
        if (this != &other) {
            reset(other.release());
        }
        return *this;
    }
    ~owner() { reset(); }

    /// The C handle, which stays this object's; NULL when it has none.
    Handle *get() const noexcept { return handle_; }

    /// Gives the C handle to the caller, who destroys it.
    Handle *release() noexcept { return std::exchange(handle_, nullptr); }

    /// Destroys the handle and takes over another one. Of a context: collective.
    void reset(Handle *handle = nullptr) noexcept
    {
        if (handle_ != nullptr) {
            static_cast<void>(Destroy(&handle_));
        }
        handle_ = handle;
    }

    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// Another handle to the same thing.
    Object retain() const
    {
        Handle *copy = nullptr;
        check(Retain(handle_, &copy));
        return Object(copy);
    }

private:
    Handle *handle_ = nullptr;
};

/// Borrowed handle inside a callback: an Object that does not destroy it.
template <class Object>
class lent {
public:
    explicit lent(const typename Object::handle_type *handle) noexcept
        : object_(const_cast<typename Object::handle_type *>(handle)) {}
    lent(const lent &) = delete;
    lent &operator=(const lent &) = delete;
    ~lent() { static_cast<void>(object_.release()); }

    Object &object() noexcept { return object_; }

private:
    Object object_;
};

/// A number that a getter of an object writes.
template <class Number, class Handle>
Number number(dlops_status (*getter)(const Handle *, Number *), const Handle *handle)
{
    Number value{};
    check(getter(handle, &value));
    return value;
}

/// A new object that a function of one handle makes.
template <class Object, class Handle>
Object make(dlops_status (*maker)(const Handle *, typename Object::handle_type **), const Handle *handle)
{
    typename Object::handle_type *made = nullptr;
    check(maker(handle, &made));
    return Object(made);
}

} // namespace detail

/// Several objects as an argument: {A, B}, or any container of them.
template <class Object>
class list_of {
public:
    using handle_type = typename Object::handle_type;

    /// One of them; also a temporary, which lives as long as the call that it is an argument of.
    struct item {
        item(const Object &object) noexcept : handle(object.get()) {}
        const handle_type *handle;
    };

    list_of(std::initializer_list<item> objects)
    {
        for (const item &one : objects) {
            handles_.push_back(one.handle);
        }
    }
    template <class Container, class = std::enable_if_t<!std::is_base_of_v<list_of, std::decay_t<Container>>>,
              class = decltype(std::declval<const Container &>().begin()->get())>
    list_of(const Container &objects)
    {
        for (const Object &object : objects) {
            handles_.push_back(object.get());
        }
    }

    const handle_type *const *data() const noexcept { return handles_.data(); }
    int64_t size() const noexcept { return static_cast<int64_t>(handles_.size()); }

private:
    std::vector<const handle_type *> handles_;
};

} // namespace dlops

#endif
