// The second translation unit of units.cpp, without MPI's header.
#include <dlops.hpp>

dlops::linear_operator second_unit(const dlops::space &space)
{
    const bool first = space.context().rank() == 0;
    return 3.0 * dlops::callback(space, space, [first](const dlops::array &x, dlops::array &y) {
        y.copy_from(x);
        const auto elements = x.read<double>();
        if (first && elements.size() > 0 && elements[0] < 0.0) {
            throw std::domain_error("negative");
        }
    });
}
