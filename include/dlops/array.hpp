// One element of a space.
#ifndef DLOPS_ARRAY_HPP
#define DLOPS_ARRAY_HPP

#include "elements.hpp"

namespace dlops {

enum class distribution : int32_t { uniform = DLOPS_UNIFORM, normal = DLOPS_NORMAL };

class array : public detail::owner<array, dlops_array, dlops_array_destroy, dlops_array_retain> {
public:
    using owner::owner;
    array() = default;

    /// In the library's own memory; elements are unspecified until written.
    explicit array(const dlops::space &space) : array(detail::make<array>(dlops_array_create, space.get())) {}

    /// In page-locked host memory, so that copies to and from the context's device run without a wait.
    static array pinned(const dlops::space &space) { return detail::make<array>(dlops_array_create_pinned, space.get()); }

    /// Over this rank's elements in the memory of a DLPack tensor, which is taken over unless this throws. `stream`: a
    /// cudaStream_t whose work makes the data. See dlops_array_create_from_dlpack.
    static array from_dlpack(const dlops::space &space, DLManagedTensorVersioned *tensor, CUstream_st *stream = nullptr)
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_create_from_dlpack(space.get(), tensor, stream, &made));
        return array(made);
    }

    static array from_dlpack(const dlops::space &space, DLManagedTensor *tensor, CUstream_st *stream = nullptr)
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_create_from_dlpack_unversioned(space.get(), tensor, stream, &made));
        return array(made);
    }

    /// This rank's elements as a DLPack tensor, for a consumer on `stream`. See dlops_array_get_dlpack.
    DLManagedTensorVersioned *dlpack(CUstream_st *stream = nullptr) const
    {
        DLManagedTensorVersioned *tensor = nullptr;
        detail::check(dlops_array_get_dlpack(get(), stream, &tensor));
        return tensor;
    }

    DLManagedTensor *dlpack_unversioned(CUstream_st *stream = nullptr) const
    {
        DLManagedTensor *tensor = nullptr;
        detail::check(dlops_array_get_dlpack_unversioned(get(), stream, &tensor));
        return tensor;
    }

    /// Over the host's contiguous memory, zero copy: local_count elements, borrowed while anything holds the array.
    template <class Element>
    static array wrap(const dlops::space &space, Element *data)
    {
        check_dtype<Element>(space);
        dlops_array *made = nullptr;
        detail::check(dlops_array_wrap(space.get(), data, &made));
        return array(made);
    }

    /// Over padded or ghosted memory of the host; strides in elements, one an axis. See dlops_array_wrap_strided.
    template <class Element>
    static array wrap(const dlops::space &space, Element *data, const std::vector<int64_t> &strides)
    {
        check_strides<Element>(space, strides);
        dlops_array *made = nullptr;
        detail::check(dlops_array_wrap_strided(space.get(), data, strides.data(), nullptr, nullptr, &made));
        return array(made);
    }

    /// The same; `keeper` (a std::shared_ptr, a vector that was moved ...) lives until the library lets go of the memory.
    /// Empty strides: contiguous.
    template <class Element, class Keeper>
    static array wrap(const dlops::space &space, Element *data, const std::vector<int64_t> &strides, Keeper keeper)
    {
        check_strides<Element>(space, strides);
        auto user = std::make_unique<Keeper>(std::move(keeper));
        dlops_array *made = nullptr;
        detail::check(dlops_array_wrap_strided(space.get(), data, detail::pointer(strides), user.get(),
                                               detail::destroy<Keeper>, &made));
        static_cast<void>(user.release());
        return array(made);
    }

    /// An array of the product of the spaces of existing arrays, without a copy: array::compose({x, y}).
    static array compose(const list_of<array> &parts)
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_compose(parts.size(), parts.data(), &made));
        return array(made);
    }

    /// The same memory as an array of a congruent space.
    array view_as(const dlops::space &space) const
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_view_as(get(), space.get(), &made));
        return array(made);
    }

    /// The same local memory as an array of any space with the same dtype and local count.
    array reinterpret(const dlops::space &space) const
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_reinterpret(get(), space.get(), &made));
        return array(made);
    }

    dlops::space space() const { return detail::make<dlops::space>(dlops_array_get_space, get()); }

    /// A component of an array of a product space: the same memory.
    array component(int64_t index) const
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_get_component(get(), index, &made));
        return array(made);
    }

    /// `space.local_count()` elements of this rank from `offset` on, the same memory.
    array slice(const dlops::space &space, int64_t offset) const
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_slice(get(), space.get(), offset, &made));
        return array(made);
    }

    /// The same memory as a vector: every rank's elements one after the other.
    array ravel() const { return detail::make<array>(dlops_array_ravel, get()); }

    /// The same memory with another local shape on every rank, cut along `axis`. Collective.
    array reshape(const dlops::shape &local_shape, int32_t axis = 0) const
    {
        dlops_array *made = nullptr;
        detail::check(dlops_array_reshape(get(), static_cast<int32_t>(local_shape.size()), local_shape.data(), axis, &made));
        return array(made);
    }

    std::vector<int64_t> strides() const
    {
        std::vector<int64_t> strides(static_cast<std::size_t>(space().dimensions()));
        int64_t none = 0;
        detail::check(dlops_array_get_strides(get(), strides.empty() ? &none : strides.data()));
        return strides;
    }

    /// This rank's elements, until the result dies: `for (double &e : x.write<double>())`. Element must be the dtype's.
    /// Of an array in device memory only data() means something, an address there.
    template <class Element>
    elements<const Element, array> read() const
    {
        return {*this, DLOPS_ACCESS_READ};
    }
    template <class Element>
    elements<Element, array> write()
    {
        return {*this, DLOPS_ACCESS_WRITE};
    }
    template <class Element>
    elements<Element, array> read_write()
    {
        return {*this, DLOPS_ACCESS_READ_WRITE};
    }

    array &fill(scalar value) { return done(dlops_array_fill(get(), value)); }

    array &fill_random(distribution of, uint64_t seed)
    {
        return done(dlops_array_fill_random(get(), static_cast<int32_t>(of), seed));
    }

    /// this := x, converted where the dtypes differ
    array &copy_from(const array &x) { return done(dlops_array_copy(x.get(), get())); }

    /// The same without a wait: host memory is read or written until the context's stream has come past the copy.
    array &start_copy_from(const array &x) { return done(dlops_array_copy_async(x.get(), get())); }

    /// The same on another stream of the device.
    array &start_copy_from(const array &x, CUstream_st *stream)
    {
        return done(dlops_array_copy_on(x.get(), get(), stream));
    }

    /// A new array with the same elements.
    array clone() const
    {
        array copy(space());
        copy.copy_from(*this);
        return copy;
    }

    /// this := alpha this
    array &scale(scalar alpha) { return done(dlops_array_scale(alpha, get())); }

    /// this := this + value, every element
    array &add_scalar(scalar value) { return done(dlops_array_add_scalar(value, get())); }

    array &conjugate() { return done(dlops_array_conjugate(get())); }

    /// this := alpha x + this
    array &axpy(scalar alpha, const array &x) { return done(dlops_array_axpy(alpha, x.get(), get())); }

    /// this := alpha x + beta this
    array &axpby(scalar alpha, const array &x, scalar beta)
    {
        return done(dlops_array_axpby(alpha, x.get(), beta, get()));
    }

    /// this := alpha x + beta y
    array &waxpby(scalar alpha, const array &x, scalar beta, const array &y)
    {
        return done(dlops_array_waxpby(alpha, x.get(), beta, y.get(), get()));
    }

    /// this := x .* y, or conj(x) .* y
    array &multiply(const array &x, const array &y, bool conjugate = false)
    {
        return done(dlops_array_multiply(x.get(), y.get(), conjugate, get()));
    }

    /// <this, y> = sum conj(this) y. Collective.
    std::complex<double> dot(const array &y) const { return product_sum(dlops_array_dot, y); }

    /// sum this y. Collective.
    std::complex<double> dot_unconjugated(const array &y) const { return product_sum(dlops_array_dot_unconjugated, y); }

    /// The Euclidean norm. Collective.
    double norm() const { return detail::number(dlops_array_norm, get()); }

    /// (sum |x|^order)^(1/order); 0, INFINITY and -INFINITY as in dlops_array_norm_order. Collective.
    double norm(double order) const
    {
        double result = 0.0;
        detail::check(dlops_array_norm_order(get(), order, &result));
        return result;
    }

    /// The norms along an axis, as a new array. Collective.
    array norm_along(int32_t axis, double order = 2.0) const
    {
        dlops_space *of = nullptr;
        detail::check(dlops_space_create_norm_axis(space().get(), axis, &of));
        array result{dlops::space(of)};
        detail::check(dlops_array_norm_axis(get(), order, axis, result.get()));
        return result;
    }

    /// Collective.
    std::complex<double> sum() const
    {
        const dlops_scalar result = detail::number(dlops_array_sum, get());
        return {result.re, result.im};
    }

    /// Smallest and largest element of a real array. Collective.
    std::pair<double, double> extremes() const
    {
        std::pair<double, double> result;
        detail::check(dlops_array_extremes(get(), &result.first, &result.second));
        return result;
    }

    /// Makes the copies of a replicated array equal again: those of rank `root`. Collective.
    array &synchronize(int32_t root = 0) { return done(dlops_array_synchronize(get(), root)); }

    /// this := x, which has the same shape in another layout. Collective.
    array &redistribute_from(const array &x) { return done(dlops_array_redistribute(x.get(), get())); }

    void view() const { detail::check(dlops_array_view(get())); }

private:
    template <class Element>
    static void check_dtype(const dlops::space &space)
    {
        static_assert(!std::is_const_v<Element>, "an array may be written to");
        detail::require_dtype("dlops::array::wrap", dtype_of<Element>, space.dtype());
    }

    template <class Element>
    static void check_strides(const dlops::space &space, const std::vector<int64_t> &strides)
    {
        check_dtype<Element>(space);
        const auto dimensions = static_cast<std::size_t>(space.dimensions());
        if (!strides.empty() && strides.size() != dimensions) {
            throw error(DLOPS_ERROR_SHAPE, "dlops::array::wrap: strides has " + std::to_string(strides.size()) +
                                               " numbers, expected " + std::to_string(dimensions));
        }
    }

    std::complex<double> product_sum(dlops_status (*of)(const dlops_array *, const dlops_array *, dlops_scalar *),
                             const array &y) const
    {
        dlops_scalar result = {};
        detail::check(of(get(), y.get(), &result));
        return {result.re, result.im};
    }

    array &done(dlops_status status)
    {
        detail::check(status);
        return *this;
    }
};

} // namespace dlops

#endif
