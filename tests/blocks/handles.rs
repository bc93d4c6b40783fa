//! Handles that are lent to a function of the host cost no allocation.

use super::counting::allocations;
use dlops::capi::array::{dlops_array_create, dlops_array_destroy};
use dlops::capi::callback::dlops_operator_create_callback;
use dlops::capi::context::{dlops_context_create_self, dlops_context_destroy};
use dlops::capi::handle::dlops_array;
use dlops::capi::operator::{dlops_operator_apply, dlops_operator_destroy};
use dlops::capi::space::{dlops_space_create, dlops_space_destroy};
use std::ffi::c_void;
use std::ptr::{null, null_mut};

/// Counts its calls in `user`.
unsafe extern "C" fn count(x: *const dlops_array, y: *mut dlops_array, user: *mut c_void) -> i32 {
    assert!(!x.is_null() && !y.is_null());
    // SAFETY: the number of `all`.
    unsafe { *user.cast::<i32>() += 1 };
    0
}

pub fn all() {
    let mut calls = 0i32;
    let (mut context, mut space, mut operator) = (null_mut(), null_mut(), null_mut());
    let (mut x, mut y) = (null_mut(), null_mut());
    // SAFETY: the contract of dlops.h: every address is a variable's, every handle is live.
    unsafe {
        assert_eq!(dlops_context_create_self(null(), &mut context), 0);
        assert_eq!(dlops_space_create(context, 2, 1, [4i64].as_ptr(), null(), &mut space), 0);
        let user = (&raw mut calls).cast();
        let made =
            dlops_operator_create_callback(space, space, Some(count), Some(count), user, None, null(), &mut operator);
        assert_eq!(made, 0);
        assert_eq!((dlops_array_create(space, &mut x), dlops_array_create(space, &mut y)), (0, 0));
        let applied = allocations(|| (0..4).for_each(|mode| assert_eq!(dlops_operator_apply(operator, mode, x, y), 0)));
        assert_eq!((applied, calls), (0, 4));
        assert_eq!((dlops_array_destroy(&mut x), dlops_array_destroy(&mut y)), (0, 0));
        assert_eq!((dlops_operator_destroy(&mut operator), dlops_space_destroy(&mut space)), (0, 0));
        assert_eq!(dlops_context_destroy(&mut context), 0);
    }
}
