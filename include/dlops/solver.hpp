// Finds x with A x = b in some sense.
#ifndef DLOPS_SOLVER_HPP
#define DLOPS_SOLVER_HPP

#include "linear_operator.hpp"

namespace dlops {

enum class method : int32_t { cg = DLOPS_SOLVER_CG, cgls = DLOPS_SOLVER_CGLS };

enum class guess : int32_t { zero = DLOPS_GUESS_ZERO, given = DLOPS_GUESS_GIVEN };

enum class tolerance_rule : int32_t { standard = DLOPS_TOLERANCE_STANDARD, pylops = DLOPS_TOLERANCE_PYLOPS };

/// Why a solver stopped: positive when it is satisfied, negative when it is not.
enum class reason : int32_t {
    running = DLOPS_REASON_RUNNING,
    relative_tolerance = DLOPS_REASON_RELATIVE_TOLERANCE,
    absolute_tolerance = DLOPS_REASON_ABSOLUTE_TOLERANCE,
    monitor = DLOPS_REASON_MONITOR,
    iteration_limit = DLOPS_REASON_ITERATION_LIMIT,
    time_limit = DLOPS_REASON_TIME_LIMIT,
    diverged = DLOPS_REASON_DIVERGED,
    indefinite = DLOPS_REASON_INDEFINITE,
    not_finite = DLOPS_REASON_NOT_FINITE
};

/// A reason in words.
inline const char *text(reason of) noexcept { return dlops_reason_text(static_cast<int32_t>(of)); }

/// When a monitor is called.
enum class event : int32_t { start = DLOPS_EVENT_START, iteration = DLOPS_EVENT_ITERATION, end = DLOPS_EVENT_END };

/// What a monitor may return.
enum class answer : int32_t { go_on = 0, stop = DLOPS_STOP };

enum class history : int32_t {
    residual = DLOPS_HISTORY_RESIDUAL,
    damped = DLOPS_HISTORY_DAMPED,
    convergence = DLOPS_HISTORY_CONVERGENCE
};

class solver : public detail::owner<solver, dlops_solver, dlops_solver_destroy, dlops_solver_retain> {
public:
    using owner::owner;
    solver() = default;

    /// For A x = b; A is kept alive.
    solver(dlops::method method, const linear_operator &A)
    {
        dlops_solver *made = nullptr;
        detail::check(dlops_solver_create(static_cast<int32_t>(method), A.get(), &made));
        reset(made);
    }

    solver &set_tolerances(double rtol, double atol = 1e-50, double dtol = 1e5)
    {
        return done(dlops_solver_set_tolerances(get(), rtol, atol, dtol));
    }
    solver &set_tolerance_rule(tolerance_rule rule)
    {
        return done(dlops_solver_set_tolerance_rule(get(), static_cast<int32_t>(rule)));
    }
    solver &set_max_iterations(int64_t iterations) { return done(dlops_solver_set_max_iterations(get(), iterations)); }
    solver &set_time_limit(double seconds) { return done(dlops_solver_set_time_limit(get(), seconds)); }
    solver &set_damping(double damp) { return done(dlops_solver_set_damping(get(), damp)); }
    solver &set_initial_guess(guess of)
    {
        return done(dlops_solver_set_initial_guess(get(), static_cast<int32_t>(of)));
    }
    solver &set_preconditioner(const linear_operator &M) { return done(dlops_solver_set_preconditioner(get(), M.get())); }
    solver &set_preconditioner(std::nullptr_t) { return done(dlops_solver_set_preconditioner(get(), nullptr)); }
    solver &set_option(const std::string &key, const std::string &value)
    {
        return done(dlops_solver_set_option(get(), key.c_str(), value.c_str()));
    }
    solver &set_show(int64_t first, int64_t last, int64_t every)
    {
        return done(dlops_solver_set_show(get(), first, last, every));
    }

    /// Calls monitor(const solver &, event) on every rank; it returns nothing, or an answer. An exception stops the
    /// solver and comes out of it.
    template <class Monitor>
    solver &set_monitor(Monitor monitor)
    {
        static_assert(std::is_invocable_v<Monitor &, const solver &, event>, "a monitor takes (const dlops::solver &, dlops::event)");
        auto user = std::make_unique<Monitor>(std::move(monitor));
        const dlops_monitor callback = [](dlops_solver *handle, int32_t when, void *to) {
            return detail::contain(-1, [&] {
                detail::lent<solver> watched(handle);
                Monitor &function = *static_cast<Monitor *>(to);
                const solver &self = watched.object();
                if constexpr (std::is_void_v<std::invoke_result_t<Monitor &, const solver &, event>>) {
                    function(self, static_cast<event>(when));
                    return 0;
                } else {
                    const answer wish = function(self, static_cast<event>(when));
                    return static_cast<int>(wish);
                }
            });
        };
        detail::check(dlops_solver_set_monitor(get(), callback, user.get(), detail::destroy<Monitor>));
        static_cast<void>(user.release());
        return *this;
    }

    /// The iteration table that PyLops users know, on rank 0.
    solver &set_monitor_table() { return done(dlops_solver_set_monitor(get(), dlops_monitor_table, nullptr, nullptr)); }

    solver &set_monitor(std::nullptr_t) { return done(dlops_solver_set_monitor(get(), nullptr, nullptr, nullptr)); }

    /// Solves A x = b; not converging is a reason, no exception. Collective, as the next three.
    dlops::reason solve(const array &b, array &x)
    {
        detail::check_callbacks([&] { return dlops_solver_solve(get(), b.get(), x.get()); });
        return reason();
    }

    /// The same in steps: `s.setup(b, x); while (s.step() == dlops::reason::running) {} s.finalize();`
    void setup(const array &b, array &x)
    {
        detail::check_callbacks([&] { return dlops_solver_setup(get(), b.get(), x.get()); });
    }
    dlops::reason step()
    {
        int32_t reason = DLOPS_REASON_RUNNING;
        detail::check_callbacks([&] { return dlops_solver_step(get(), &reason); });
        return static_cast<dlops::reason>(reason);
    }
    void finalize()
    {
        detail::check_callbacks([&] { return dlops_solver_finalize(get()); });
    }

    dlops::reason reason() const
    {
        return static_cast<dlops::reason>(detail::number(dlops_solver_get_reason, get()));
    }

    /// Whether the last solve met a tolerance.
    bool converged() const
    {
        return reason() == dlops::reason::relative_tolerance || reason() == dlops::reason::absolute_tolerance;
    }

    int64_t iterations() const { return detail::number(dlops_solver_get_iterations, get()); }
    double residual_norm() const { return detail::number(dlops_solver_get_residual_norm, get()); }
    double damped_norm() const { return detail::number(dlops_solver_get_damped_norm, get()); }
    double convergence_norm() const { return detail::number(dlops_solver_get_convergence_norm, get()); }
    double seconds() const { return detail::number(dlops_solver_get_seconds, get()); }
    int64_t memory_usage() const { return detail::number(dlops_solver_get_memory_usage, get()); }

    /// Norms of iterations 0, 1, ...
    std::vector<double> history(dlops::history which = dlops::history::residual) const
    {
        int64_t count = 0;
        detail::check(dlops_solver_get_history(get(), static_cast<int32_t>(which), nullptr, 0, &count));
        std::vector<double> values(static_cast<std::size_t>(count));
        detail::check(dlops_solver_get_history(get(), static_cast<int32_t>(which), values.data(), count, nullptr));
        return values;
    }

    /// The solver as an operator: each apply is a solve from zero.
    linear_operator as_operator() const { return detail::make<linear_operator>(dlops_solver_create_operator, get()); }

    void view() const { detail::check(dlops_solver_view(get())); }

private:
    solver &done(dlops_status status)
    {
        detail::check(status);
        return *this;
    }
};

} // namespace dlops

#endif
