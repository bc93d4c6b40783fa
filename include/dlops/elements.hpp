// Direct access to this rank's elements of an array, for as long as the object lives.
#ifndef DLOPS_ELEMENTS_HPP
#define DLOPS_ELEMENTS_HPP

#include "space.hpp"

#include <array>
#include <cassert>

namespace dlops {

/// Element is const when the array was acquired for reading. While it lives the array is locked as dlops_array_acquire
/// says; it keeps the memory alive.
template <class Element, class Array>
class elements {
public:
    /// Made by read(), write() and read_write() of an array.
    elements(const Array &array, int32_t access)
    {
        const space owner = array.space();
        detail::require_dtype("dlops::array", dtype_of<Element>, owner.dtype());
        Array kept = array.retain();
        void *data = nullptr;
        detail::check(dlops_array_acquire(kept.get(), access, &data));
        array_ = std::move(kept); // from here on the destructor releases
        data_ = static_cast<Element *>(data);
        size_ = static_cast<std::size_t>(owner.local_count());
        const shape local = owner.local_shape();
        dimensions_ = local.size();
        detail::check(dlops_array_get_strides(array_.get(), strides_.data()));
        int64_t packed = 1;
        for (std::size_t axis = dimensions_; axis-- > 0;) {
            contiguous_ = contiguous_ && (local[axis] <= 1 || strides_[axis] == packed);
            packed *= local[axis];
        }
        contiguous_ = contiguous_ || size_ == 0;
    }
    elements(elements &&other) noexcept = default;
    elements &operator=(elements &&other) noexcept
    {
        if (this != &other) {
            release();
            array_ = std::move(other.array_);
            data_ = other.data_;
            size_ = other.size_;
            dimensions_ = other.dimensions_;
            contiguous_ = other.contiguous_;
            strides_ = other.strides_;
        }
        return *this;
    }
    ~elements() { release(); }

    /// Ends the access before the object does.
    void release() noexcept
    {
        if (array_) {
            static_cast<void>(dlops_array_release(array_.get()));
            array_.reset();
        }
    }

    /// First local element.
    Element *data() const noexcept { return data_; }

    /// Number of local elements.
    std::size_t size() const noexcept { return size_; }

    /// Distance of neighbours along an axis, in elements.
    int64_t stride(std::size_t axis) const noexcept { return strides_[axis]; }

    /// Whether the elements follow one another in C order; padded arrays are read by index or by stride.
    bool contiguous() const noexcept { return contiguous_; }

    /// By local indices, one an axis: e(i, j).
    template <class... Index>
    Element &operator()(Index... index) const noexcept
    {
        assert(sizeof...(index) == dimensions_);
        int64_t offset = 0;
        std::size_t axis = 0;
        ((offset += static_cast<int64_t>(index) * strides_[axis++]), ...);
        return data_[offset];
    }

    /// By position in C order, of contiguous elements.
    Element &operator[](std::size_t index) const noexcept
    {
        assert(contiguous_ && index < size_);
        return data_[index];
    }

    /// All elements. Throws UNSUPPORTED where they are not contiguous.
    Element *begin() const { return flat(); }
    Element *end() const { return flat() + size_; }

private:
    Element *flat() const
    {
        if (!contiguous_) {
            throw error(DLOPS_ERROR_UNSUPPORTED, "dlops::elements: a padded array has no flat range; use indices or strides");
        }
        return data_;
    }

    Array array_;
    Element *data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t dimensions_ = 0;
    bool contiguous_ = true;
    std::array<int64_t, DLOPS_MAX_DIMENSIONS> strides_{};
};

} // namespace dlops

#endif
