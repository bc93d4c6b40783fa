!> The functions of dlops.h as they are, named c_<function>; every handle is a type(c_ptr).
module dlops_bindings
  use, intrinsic :: iso_c_binding, only: c_char, c_double, c_funptr, c_int32_t, c_int64_t, c_ptr, c_size_t
  use dlops_types, only: dlops_kernel_argument, dlops_memory_statistics, dlops_scalar
  implicit none
  public

  interface
    function c_version() bind(C, name="dlops_version") result(returned)
      import :: c_ptr
      type(c_ptr) :: returned
    end function
    function c_abi_version() bind(C, name="dlops_abi_version") result(returned)
      import :: c_int32_t
      integer(c_int32_t) :: returned
    end function
    function c_build_info() bind(C, name="dlops_build_info") result(returned)
      import :: c_ptr
      type(c_ptr) :: returned
    end function
    function c_status_text(status) bind(C, name="dlops_status_text") result(returned)
      import :: c_int32_t, c_ptr
      integer(c_int32_t), value :: status
      type(c_ptr) :: returned
    end function
    function c_last_error() bind(C, name="dlops_last_error") result(returned)
      import :: c_ptr
      type(c_ptr) :: returned
    end function
    function c_last_error_copy(buffer, length) bind(C, name="dlops_last_error_copy") result(returned)
      import :: c_char, c_int32_t, c_size_t
      character(kind=c_char), intent(inout) :: buffer(*)
      integer(c_size_t), value :: length
      integer(c_int32_t) :: returned
    end function
    function c_get_live_handles(count) bind(C, name="dlops_get_live_handles") result(returned)
      import :: c_int32_t, c_int64_t
      integer(c_int64_t), intent(out) :: count
      integer(c_int32_t) :: returned
    end function
    function c_context_create_self(choices, context) bind(C, name="dlops_context_create_self") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: context
      integer(c_int32_t) :: returned
    end function
    function c_context_create_fortran(comm, family, choices, context) bind(C, name="dlops_context_create_fortran") &
        result(returned)
      import :: c_int32_t, c_ptr
      integer(c_int32_t), value :: comm, family
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: context
      integer(c_int32_t) :: returned
    end function
    function c_context_create_custom(functions, choices, context) bind(C, name="dlops_context_create_custom") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: functions, choices
      type(c_ptr), intent(inout) :: context
      integer(c_int32_t) :: returned
    end function
    function c_context_get_local(context, local) bind(C, name="dlops_context_get_local") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      type(c_ptr), intent(inout) :: local
      integer(c_int32_t) :: returned
    end function
    function c_context_retain(context, copy) bind(C, name="dlops_context_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_context_get_rank(context, rank) bind(C, name="dlops_context_get_rank") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), intent(out) :: rank
      integer(c_int32_t) :: returned
    end function
    function c_context_get_size(context, size) bind(C, name="dlops_context_get_size") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), intent(out) :: size
      integer(c_int32_t) :: returned
    end function
    function c_context_get_threads(context, threads) bind(C, name="dlops_context_get_threads") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), intent(out) :: threads
      integer(c_int32_t) :: returned
    end function
    function c_context_set_check_level(context, level) bind(C, name="dlops_context_set_check_level") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), value :: level
      integer(c_int32_t) :: returned
    end function
    function c_context_set_log(context, callback, user, destroy) bind(C, name="dlops_context_set_log") &
        result(returned)
      import :: c_funptr, c_int32_t, c_ptr
      type(c_ptr), value :: context
      type(c_funptr), value :: callback
      type(c_ptr), value :: user
      type(c_funptr), value :: destroy
      integer(c_int32_t) :: returned
    end function
    function c_context_agree(context, status) bind(C, name="dlops_context_agree") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), intent(out) :: status
      integer(c_int32_t) :: returned
    end function
    function c_context_set_profile(context, enabled) bind(C, name="dlops_context_set_profile") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), value :: enabled
      integer(c_int32_t) :: returned
    end function
    function c_context_get_profile(context, name, calls, seconds, messages, bytes) bind(C, &
        name="dlops_context_get_profile") result(returned)
      import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      character(kind=c_char), intent(in), optional :: name(*)
      integer(c_int64_t), intent(out) :: calls
      real(c_double), intent(out) :: seconds
      integer(c_int64_t), intent(out) :: messages, bytes
      integer(c_int32_t) :: returned
    end function
    function c_context_view_profile(context) bind(C, name="dlops_context_view_profile") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t) :: returned
    end function
    function c_context_reset_profile(context) bind(C, name="dlops_context_reset_profile") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t) :: returned
    end function
    function c_context_destroy(context) bind(C, name="dlops_context_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: context
      integer(c_int32_t) :: returned
    end function
    function c_device_get_count(count) bind(C, name="dlops_device_get_count") result(returned)
      import :: c_int32_t
      integer(c_int32_t), intent(out) :: count
      integer(c_int32_t) :: returned
    end function
    function c_context_get_device(context, device) bind(C, name="dlops_context_get_device") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), intent(out) :: device
      integer(c_int32_t) :: returned
    end function
    function c_context_get_device_name(context, name, length) bind(C, name="dlops_context_get_device_name") &
        result(returned)
      import :: c_char, c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: context
      character(kind=c_char), intent(inout) :: name(*)
      integer(c_size_t), value :: length
      integer(c_int32_t) :: returned
    end function
    function c_context_get_stream(context, stream) bind(C, name="dlops_context_get_stream") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      type(c_ptr), intent(inout) :: stream
      integer(c_int32_t) :: returned
    end function
    function c_context_set_stream(context, stream) bind(C, name="dlops_context_set_stream") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context, stream
      integer(c_int32_t) :: returned
    end function
    function c_context_get_transport(context, transport) bind(C, name="dlops_context_get_transport") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), intent(inout) :: transport
      integer(c_int32_t) :: returned
    end function
    function c_context_get_nccl(context, nccl) bind(C, name="dlops_context_get_nccl") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      type(c_ptr), intent(inout) :: nccl
      integer(c_int32_t) :: returned
    end function
    function c_context_synchronize(context) bind(C, name="dlops_context_synchronize") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t) :: returned
    end function
    function c_context_get_memory_statistics(context, statistics) bind(C, &
        name="dlops_context_get_memory_statistics") result(returned)
      import :: c_int32_t, c_ptr, dlops_memory_statistics
      type(c_ptr), value :: context
      type(dlops_memory_statistics), intent(inout) :: statistics
      integer(c_int32_t) :: returned
    end function
    function c_context_set_memory_limit(context, bytes) bind(C, name="dlops_context_set_memory_limit") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int64_t), value :: bytes
      integer(c_int32_t) :: returned
    end function
    function c_context_trim_memory(context, keep) bind(C, name="dlops_context_trim_memory") result(returned)
      import :: c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: context
      integer(c_size_t), value :: keep
      integer(c_int32_t) :: returned
    end function
    function c_event_create(context, event) bind(C, name="dlops_event_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context
      type(c_ptr), intent(inout) :: event
      integer(c_int32_t) :: returned
    end function
    function c_event_record(event) bind(C, name="dlops_event_record") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: event
      integer(c_int32_t) :: returned
    end function
    function c_event_record_on(event, stream) bind(C, name="dlops_event_record_on") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: event, stream
      integer(c_int32_t) :: returned
    end function
    function c_event_wait(event, context) bind(C, name="dlops_event_wait") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: event, context
      integer(c_int32_t) :: returned
    end function
    function c_event_wait_on(event, stream) bind(C, name="dlops_event_wait_on") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: event, stream
      integer(c_int32_t) :: returned
    end function
    function c_event_synchronize(event) bind(C, name="dlops_event_synchronize") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: event
      integer(c_int32_t) :: returned
    end function
    function c_event_get_done(event, done) bind(C, name="dlops_event_get_done") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: event
      integer(c_int32_t), intent(out) :: done
      integer(c_int32_t) :: returned
    end function
    function c_event_get_elapsed(start, end, milliseconds) bind(C, name="dlops_event_get_elapsed") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: start, end
      real(c_double), intent(out) :: milliseconds
      integer(c_int32_t) :: returned
    end function
    function c_event_retain(event, copy) bind(C, name="dlops_event_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: event
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_event_destroy(event) bind(C, name="dlops_event_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: event
      integer(c_int32_t) :: returned
    end function
    function c_device_get_current(device) bind(C, name="dlops_device_get_current") result(returned)
      import :: c_int32_t
      integer(c_int32_t), intent(out) :: device
      integer(c_int32_t) :: returned
    end function
    function c_device_push(device) bind(C, name="dlops_device_push") result(returned)
      import :: c_int32_t
      integer(c_int32_t), value :: device
      integer(c_int32_t) :: returned
    end function
    function c_device_pop() bind(C, name="dlops_device_pop") result(returned)
      import :: c_int32_t
      integer(c_int32_t) :: returned
    end function
    function c_device_can_access_peer(device, peer, can) bind(C, name="dlops_device_can_access_peer") result(returned)
      import :: c_int32_t
      integer(c_int32_t), value :: device, peer
      integer(c_int32_t), intent(out) :: can
      integer(c_int32_t) :: returned
    end function
    function c_space_with_memory(space, memory, moved) bind(C, name="dlops_space_with_memory") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: memory
      type(c_ptr), intent(inout) :: moved
      integer(c_int32_t) :: returned
    end function
    function c_space_create(context, dtype, dimensions, shape, choices, space) bind(C, name="dlops_space_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), value :: dtype, dimensions
      integer(c_int64_t), intent(in) :: shape(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_space_create_from_local_shapes(context, dtype, dimensions, shape, cut_axis, local_shapes, mask, &
        space) bind(C, name="dlops_space_create_from_local_shapes") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), value :: dtype, dimensions
      integer(c_int64_t), intent(in) :: shape(*)
      integer(c_int32_t), value :: cut_axis
      integer(c_int64_t), intent(in) :: local_shapes(*)
      integer(c_int32_t), intent(in), optional :: mask(*)
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_space_create_unshaped(context, dtype, local_count, space) bind(C, name="dlops_space_create_unshaped") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), value :: dtype
      integer(c_int64_t), value :: local_count
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_space_create_product(count, components, space) bind(C, name="dlops_space_create_product") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: components(*)
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_space_view(space) bind(C, name="dlops_space_view") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t) :: returned
    end function
    function c_space_retain(space, copy) bind(C, name="dlops_space_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_space_destroy(space) bind(C, name="dlops_space_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_dtype_promote(a, b, promoted) bind(C, name="dlops_dtype_promote") result(returned)
      import :: c_int32_t
      integer(c_int32_t), value :: a, b
      integer(c_int32_t), intent(out) :: promoted
      integer(c_int32_t) :: returned
    end function
    function c_local_split(n, parts, part, start, count) bind(C, name="dlops_local_split") result(returned)
      import :: c_int32_t, c_int64_t
      integer(c_int64_t), value :: n
      integer(c_int32_t), value :: parts, part
      integer(c_int64_t), intent(out) :: start, count
      integer(c_int32_t) :: returned
    end function
    function c_space_create_blocks(context, dtype, dimensions, shape, grid, order, blocks, space) &
      bind(C, name="dlops_space_create_blocks") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int32_t), value :: dtype, dimensions
      integer(c_int64_t), intent(in) :: shape(*)
      integer(c_int32_t), intent(in) :: grid(*)
      integer(c_int32_t), value :: order
      type(c_ptr), value :: blocks
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_space_get_rank_shape(space, rank, shape) bind(C, name="dlops_space_get_rank_shape") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: rank
      integer(c_int64_t), intent(inout) :: shape(*)
      integer(c_int32_t) :: returned
    end function
    function c_space_get_rank_start(space, rank, start) bind(C, name="dlops_space_get_rank_start") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: rank
      integer(c_int64_t), intent(inout) :: start(*)
      integer(c_int32_t) :: returned
    end function
    function c_cyclic_count(n, block, parts, part, first, count) bind(C, name="dlops_cyclic_count") result(returned)
      import :: c_int32_t, c_int64_t
      integer(c_int64_t), value :: n, block
      integer(c_int32_t), value :: parts, part, first
      integer(c_int64_t), intent(out) :: count
      integer(c_int32_t) :: returned
    end function
    function c_space_get_context(space, context) bind(C, name="dlops_space_get_context") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      type(c_ptr), intent(inout) :: context
      integer(c_int32_t) :: returned
    end function
    function c_space_get_dtype(space, dtype) bind(C, name="dlops_space_get_dtype") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), intent(out) :: dtype
      integer(c_int32_t) :: returned
    end function
    function c_space_get_memory(space, memory) bind(C, name="dlops_space_get_memory") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), intent(out) :: memory
      integer(c_int32_t) :: returned
    end function
    function c_space_get_dimensions(space, dimensions) bind(C, name="dlops_space_get_dimensions") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), intent(out) :: dimensions
      integer(c_int32_t) :: returned
    end function
    function c_space_get_shape(space, shape) bind(C, name="dlops_space_get_shape") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), intent(inout) :: shape(*)
      integer(c_int32_t) :: returned
    end function
    function c_space_get_local_shape(space, shape) bind(C, name="dlops_space_get_local_shape") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), intent(inout) :: shape(*)
      integer(c_int32_t) :: returned
    end function
    function c_space_get_local_start(space, start) bind(C, name="dlops_space_get_local_start") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), intent(inout) :: start(*)
      integer(c_int32_t) :: returned
    end function
    function c_space_get_local_count(space, count) bind(C, name="dlops_space_get_local_count") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), intent(out) :: count
      integer(c_int32_t) :: returned
    end function
    function c_space_get_local_counts(space, counts) bind(C, name="dlops_space_get_local_counts") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), intent(inout) :: counts(*)
      integer(c_int32_t) :: returned
    end function
    function c_space_get_global_count(space, count) bind(C, name="dlops_space_get_global_count") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), intent(out) :: count
      integer(c_int32_t) :: returned
    end function
    function c_space_get_component_count(space, count) bind(C, name="dlops_space_get_component_count") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), intent(out) :: count
      integer(c_int32_t) :: returned
    end function
    function c_space_get_component(space, index, component) bind(C, name="dlops_space_get_component") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), value :: index
      type(c_ptr), intent(inout) :: component
      integer(c_int32_t) :: returned
    end function
    function c_space_is_congruent(a, b, congruent) bind(C, name="dlops_space_is_congruent") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: a, b
      integer(c_int32_t), intent(out) :: congruent
      integer(c_int32_t) :: returned
    end function
    function c_array_create(space, array) bind(C, name="dlops_array_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_create_pinned(space, array) bind(C, name="dlops_array_create_pinned") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_create_from_dlpack(space, tensor, stream, array) &
        bind(C, name="dlops_array_create_from_dlpack") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space, tensor, stream
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_create_from_dlpack_unversioned(space, tensor, stream, array) &
        bind(C, name="dlops_array_create_from_dlpack_unversioned") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space, tensor, stream
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_get_dlpack(array, stream, tensor) bind(C, name="dlops_array_get_dlpack") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array, stream
      type(c_ptr), intent(inout) :: tensor
      integer(c_int32_t) :: returned
    end function
    function c_array_get_dlpack_unversioned(array, stream, tensor) &
        bind(C, name="dlops_array_get_dlpack_unversioned") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array, stream
      type(c_ptr), intent(inout) :: tensor
      integer(c_int32_t) :: returned
    end function
    function c_array_wrap(space, data, array) bind(C, name="dlops_array_wrap") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space, data
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_wrap_strided(space, data, strides, user, destroy, array) bind(C, &
        name="dlops_array_wrap_strided") result(returned)
      import :: c_funptr, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space, data
      integer(c_int64_t), intent(in) :: strides(*)
      type(c_ptr), value :: user
      type(c_funptr), value :: destroy
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_compose(count, parts, array) bind(C, name="dlops_array_compose") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: parts(*)
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_view_as(array, space, view) bind(C, name="dlops_array_view_as") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array, space
      type(c_ptr), intent(inout) :: view
      integer(c_int32_t) :: returned
    end function
    function c_array_reinterpret(array, space, view) bind(C, name="dlops_array_reinterpret") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array, space
      type(c_ptr), intent(inout) :: view
      integer(c_int32_t) :: returned
    end function
    function c_array_get_space(array, space) bind(C, name="dlops_array_get_space") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_array_get_component(array, index, component) bind(C, name="dlops_array_get_component") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int64_t), value :: index
      type(c_ptr), intent(inout) :: component
      integer(c_int32_t) :: returned
    end function
    function c_array_get_strides(array, strides) bind(C, name="dlops_array_get_strides") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int64_t), intent(inout) :: strides(*)
      integer(c_int32_t) :: returned
    end function
    function c_array_acquire(array, mode, data) bind(C, name="dlops_array_acquire") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t), value :: mode
      type(c_ptr), intent(out) :: data
      integer(c_int32_t) :: returned
    end function
    function c_array_release(array) bind(C, name="dlops_array_release") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_view(array) bind(C, name="dlops_array_view") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_retain(array, copy) bind(C, name="dlops_array_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_array_destroy(array) bind(C, name="dlops_array_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_array_from_global(array, global) bind(C, name="dlops_array_from_global") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array, global
      integer(c_int32_t) :: returned
    end function
    function c_array_to_global(array, root, global) bind(C, name="dlops_array_to_global") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t), value :: root
      type(c_ptr), value :: global
      integer(c_int32_t) :: returned
    end function
    function c_array_get_group_shape(array, shape) bind(C, name="dlops_array_get_group_shape") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int64_t), intent(inout) :: shape(*)
      integer(c_int32_t) :: returned
    end function
    function c_array_synchronize(array, root) bind(C, name="dlops_array_synchronize") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t), value :: root
      integer(c_int32_t) :: returned
    end function
    function c_array_redistribute(x, y) bind(C, name="dlops_array_redistribute") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: x, y
      integer(c_int32_t) :: returned
    end function
    function c_array_get_halo_size(array, axis, before, after, front, back) bind(C, &
        name="dlops_array_get_halo_size") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t), value :: axis
      integer(c_int64_t), value :: before, after
      integer(c_int64_t), intent(out) :: front, back
      integer(c_int32_t) :: returned
    end function
    function c_array_add_ghost_cells(array, axis, before, after, buffer, room) bind(C, &
        name="dlops_array_add_ghost_cells") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t), value :: axis
      integer(c_int64_t), value :: before, after
      type(c_ptr), value :: buffer
      integer(c_int64_t), value :: room
      integer(c_int32_t) :: returned
    end function
    function c_array_slice(array, space, offset, part) bind(C, name="dlops_array_slice") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array, space
      integer(c_int64_t), value :: offset
      type(c_ptr), intent(inout) :: part
      integer(c_int32_t) :: returned
    end function
    function c_array_ravel(array, view) bind(C, name="dlops_array_ravel") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: array
      type(c_ptr), intent(inout) :: view
      integer(c_int32_t) :: returned
    end function
    function c_array_reshape(array, dimensions, local_shape, axis, view) bind(C, name="dlops_array_reshape") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t), value :: dimensions
      integer(c_int64_t), intent(in) :: local_shape(*)
      integer(c_int32_t), value :: axis
      type(c_ptr), intent(inout) :: view
      integer(c_int32_t) :: returned
    end function
    function c_npy_inspect(context, path, dtype, dimensions, shape) bind(C, name="dlops_npy_inspect") result(returned)
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int32_t), intent(out) :: dtype, dimensions
      integer(c_int64_t), intent(inout) :: shape(*)
      integer(c_int32_t) :: returned
    end function
    function c_array_read_npy(array, path) bind(C, name="dlops_array_read_npy") result(returned)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: array
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int32_t) :: returned
    end function
    function c_array_write_npy(array, path) bind(C, name="dlops_array_write_npy") result(returned)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: array
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int32_t) :: returned
    end function
    function c_array_fill(array, value) bind(C, name="dlops_array_fill") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(c_ptr), value :: array
      type(dlops_scalar), value :: value
      integer(c_int32_t) :: returned
    end function
    function c_array_fill_random(array, distribution, seed) bind(C, name="dlops_array_fill_random") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: array
      integer(c_int32_t), value :: distribution
      integer(c_int64_t), value :: seed
      integer(c_int32_t) :: returned
    end function
    function c_array_copy(x, y) bind(C, name="dlops_array_copy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: x, y
      integer(c_int32_t) :: returned
    end function
    function c_array_copy_async(x, y) bind(C, name="dlops_array_copy_async") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: x, y
      integer(c_int32_t) :: returned
    end function
    function c_array_copy_on(x, y, stream) bind(C, name="dlops_array_copy_on") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: x, y, stream
      integer(c_int32_t) :: returned
    end function
    function c_array_scale(alpha, x) bind(C, name="dlops_array_scale") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(dlops_scalar), value :: alpha
      type(c_ptr), value :: x
      integer(c_int32_t) :: returned
    end function
    function c_array_add_scalar(value, x) bind(C, name="dlops_array_add_scalar") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(dlops_scalar), value :: value
      type(c_ptr), value :: x
      integer(c_int32_t) :: returned
    end function
    function c_array_conjugate(x) bind(C, name="dlops_array_conjugate") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: x
      integer(c_int32_t) :: returned
    end function
    function c_array_axpby(alpha, x, beta, y) bind(C, name="dlops_array_axpby") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(dlops_scalar), value :: alpha
      type(c_ptr), value :: x
      type(dlops_scalar), value :: beta
      type(c_ptr), value :: y
      integer(c_int32_t) :: returned
    end function
    function c_array_axpy(alpha, x, y) bind(C, name="dlops_array_axpy") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(dlops_scalar), value :: alpha
      type(c_ptr), value :: x, y
      integer(c_int32_t) :: returned
    end function
    function c_array_waxpby(alpha, x, beta, y, w) bind(C, name="dlops_array_waxpby") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(dlops_scalar), value :: alpha
      type(c_ptr), value :: x
      type(dlops_scalar), value :: beta
      type(c_ptr), value :: y, w
      integer(c_int32_t) :: returned
    end function
    function c_array_multiply(x, y, conjugate, w) bind(C, name="dlops_array_multiply") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: x, y
      integer(c_int32_t), value :: conjugate
      type(c_ptr), value :: w
      integer(c_int32_t) :: returned
    end function
    function c_array_dot(x, y, result) bind(C, name="dlops_array_dot") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(c_ptr), value :: x, y
      type(dlops_scalar), intent(out) :: result
      integer(c_int32_t) :: returned
    end function
    function c_array_dot_unconjugated(x, y, result) bind(C, name="dlops_array_dot_unconjugated") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(c_ptr), value :: x, y
      type(dlops_scalar), intent(out) :: result
      integer(c_int32_t) :: returned
    end function
    function c_array_norm(x, result) bind(C, name="dlops_array_norm") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x
      real(c_double), intent(out) :: result
      integer(c_int32_t) :: returned
    end function
    function c_array_norm_order(x, order, result) bind(C, name="dlops_array_norm_order") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x
      real(c_double), value :: order
      real(c_double), intent(out) :: result
      integer(c_int32_t) :: returned
    end function
    function c_space_create_norm_axis(space, axis, result) bind(C, name="dlops_space_create_norm_axis") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_array_norm_axis(x, order, axis, result) bind(C, name="dlops_array_norm_axis") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x
      real(c_double), value :: order
      integer(c_int32_t), value :: axis
      type(c_ptr), value :: result
      integer(c_int32_t) :: returned
    end function
    function c_array_sum(x, result) bind(C, name="dlops_array_sum") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(c_ptr), value :: x
      type(dlops_scalar), intent(out) :: result
      integer(c_int32_t) :: returned
    end function
    function c_array_extremes(x, smallest, largest) bind(C, name="dlops_array_extremes") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x
      real(c_double), intent(out) :: smallest, largest
      integer(c_int32_t) :: returned
    end function
    function c_kernel_create_elementwise(context, inputs, outputs, body, name, choices, result) bind(C, &
        name="dlops_kernel_create_elementwise") result(returned)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: context
      character(kind=c_char), intent(in) :: inputs(*), outputs(*), body(*), name(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_kernel_apply(kernel, input_count, inputs, scalar_count, scalars, output_count, outputs) bind(C, &
        name="dlops_kernel_apply") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr, dlops_scalar
      type(c_ptr), value :: kernel
      integer(c_int64_t), value :: input_count
      type(c_ptr), intent(in) :: inputs(*)
      integer(c_int64_t), value :: scalar_count
      type(dlops_scalar), intent(in) :: scalars(*)
      integer(c_int64_t), value :: output_count
      type(c_ptr), intent(in) :: outputs(*)
      integer(c_int32_t) :: returned
    end function
    function c_kernel_get_name(kernel, name, length) bind(C, name="dlops_kernel_get_name") result(returned)
      import :: c_char, c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: kernel
      character(kind=c_char), intent(inout) :: name(*)
      integer(c_size_t), value :: length
      integer(c_int32_t) :: returned
    end function
    function c_kernel_view(kernel) bind(C, name="dlops_kernel_view") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: kernel
      integer(c_int32_t) :: returned
    end function
    function c_kernel_retain(kernel, copy) bind(C, name="dlops_kernel_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: kernel
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_kernel_destroy(kernel) bind(C, name="dlops_kernel_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: kernel
      integer(c_int32_t) :: returned
    end function
    function c_kernel_create_reduction(context, inputs, output, map, reduce, post, identity, name, choices, result) &
        bind(C, name="dlops_kernel_create_reduction") result(returned)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: context
      character(kind=c_char), intent(in) :: inputs(*), output(*), map(*), reduce(*), post(*), identity(*), name(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_kernel_reduce(kernel, input_count, inputs, scalar_count, scalars, result) bind(C, &
        name="dlops_kernel_reduce") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr, dlops_scalar
      type(c_ptr), value :: kernel
      integer(c_int64_t), value :: input_count
      type(c_ptr), intent(in) :: inputs(*)
      integer(c_int64_t), value :: scalar_count
      type(dlops_scalar), intent(in) :: scalars(*)
      type(dlops_scalar), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_kernel_create_raw(context, source, name, options, result) bind(C, name="dlops_kernel_create_raw") &
        result(returned)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: context
      character(kind=c_char), intent(in) :: source(*), name(*), options(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_kernel_launch(kernel, grid, block, shared_bytes, argument_count, arguments) bind(C, &
        name="dlops_kernel_launch") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr, dlops_kernel_argument
      type(c_ptr), value :: kernel
      integer(c_int64_t), intent(in) :: grid(3), block(3)
      integer(c_int64_t), value :: shared_bytes, argument_count
      type(dlops_kernel_argument), intent(in) :: arguments(*)
      integer(c_int32_t) :: returned
    end function
    function c_operator_apply(op, mode, x, y) bind(C, name="dlops_operator_apply") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int32_t), value :: mode
      type(c_ptr), value :: x, y
      integer(c_int32_t) :: returned
    end function
    function c_operator_apply_scaled(op, mode, alpha, x, beta, y) bind(C, name="dlops_operator_apply_scaled") &
        result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(c_ptr), value :: op
      integer(c_int32_t), value :: mode
      type(dlops_scalar), value :: alpha
      type(c_ptr), value :: x
      type(dlops_scalar), value :: beta
      type(c_ptr), value :: y
      integer(c_int32_t) :: returned
    end function
    function c_operator_adjoint(op, result) bind(C, name="dlops_operator_adjoint") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_inverse(op, result) bind(C, name="dlops_operator_inverse") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_transpose(op, result) bind(C, name="dlops_operator_transpose") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_conjugate(op, result) bind(C, name="dlops_operator_conjugate") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_sum(count, coefficients, terms, result) bind(C, name="dlops_operator_sum") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr, dlops_scalar
      integer(c_int64_t), value :: count
      type(dlops_scalar), intent(in), optional :: coefficients(*)
      type(c_ptr), intent(in) :: terms(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_scale(coefficient, op, result) bind(C, name="dlops_operator_scale") result(returned)
      import :: c_int32_t, c_ptr, dlops_scalar
      type(dlops_scalar), value :: coefficient
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_product(count, factors, result) bind(C, name="dlops_operator_product") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: factors(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_power(op, exponent, result) bind(C, name="dlops_operator_power") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int64_t), value :: exponent
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_promote(op, dtype, result) bind(C, name="dlops_operator_promote") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int32_t), value :: dtype
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_with_memory(op, domain_memory, range_memory, result) &
        bind(C, name="dlops_operator_with_memory") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int32_t), value :: domain_memory, range_memory
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_get_domain(op, domain) bind(C, name="dlops_operator_get_domain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: domain
      integer(c_int32_t) :: returned
    end function
    function c_operator_get_range(op, range) bind(C, name="dlops_operator_get_range") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: range
      integer(c_int32_t) :: returned
    end function
    function c_operator_create_domain_array(op, array) bind(C, name="dlops_operator_create_domain_array") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_operator_create_range_array(op, array) bind(C, name="dlops_operator_create_range_array") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: array
      integer(c_int32_t) :: returned
    end function
    function c_operator_get_apply_counts(op, forward, adjoint) bind(C, name="dlops_operator_get_apply_counts") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int64_t), intent(out) :: forward, adjoint
      integer(c_int32_t) :: returned
    end function
    function c_operator_reset_apply_counts(op) bind(C, name="dlops_operator_reset_apply_counts") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int32_t) :: returned
    end function
    function c_operator_dot_test(op, seed, tolerance, relative_error, passed) bind(C, &
        name="dlops_operator_dot_test") result(returned)
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int64_t), value :: seed
      real(c_double), value :: tolerance
      real(c_double), intent(out) :: relative_error
      integer(c_int32_t), intent(out) :: passed
      integer(c_int32_t) :: returned
    end function
    function c_operator_view(op) bind(C, name="dlops_operator_view") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      integer(c_int32_t) :: returned
    end function
    function c_operator_retain(op, copy) bind(C, name="dlops_operator_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_operator_destroy(op) bind(C, name="dlops_operator_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: op
      integer(c_int32_t) :: returned
    end function
    function c_identity_create(domain, range, result) bind(C, name="dlops_identity_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: domain, range
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_zero_create(domain, range, result) bind(C, name="dlops_zero_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: domain, range
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_diagonal_create(space, values, result) bind(C, name="dlops_diagonal_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space, values
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_diagonal_create_along(space, axis, values, result) bind(C, name="dlops_diagonal_create_along") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis
      type(c_ptr), value :: values
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_transpose_create(space, permutation, choices, result) bind(C, name="dlops_transpose_create") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), intent(in) :: permutation(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_matrix_mult_create(space, rows, columns, matrix, choices, result) bind(C, &
        name="dlops_matrix_mult_create") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int64_t), value :: rows, columns
      type(c_ptr), value :: matrix, choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_distributed_matrix_mult_create(domain, matrix_space, matrix, choices, result) bind(C, &
        name="dlops_distributed_matrix_mult_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: domain, matrix_space, matrix, choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_first_derivative_create(space, axis, choices, result) bind(C, name="dlops_first_derivative_create") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_second_derivative_create(space, axis, choices, result) bind(C, name="dlops_second_derivative_create") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_laplacian_create(space, choices, result) bind(C, name="dlops_laplacian_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space, choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_fft_create(space, axis_count, axes, choices, result) bind(C, name="dlops_fft_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis_count
      integer(c_int32_t), intent(in) :: axes(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_fftshift_create(space, axis_count, axes, inverse, result) bind(C, name="dlops_fftshift_create") &
      result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis_count, inverse
      integer(c_int32_t), intent(in) :: axes(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_fft_get_frequencies(n, sampling, half, shifted, frequencies) &
      bind(C, name="dlops_fft_get_frequencies") result(returned)
      import :: c_double, c_int32_t, c_int64_t
      integer(c_int64_t), value :: n
      real(c_double), value :: sampling
      integer(c_int32_t), value :: half, shifted
      real(c_double), intent(out) :: frequencies(*)
      integer(c_int32_t) :: returned
    end function
    function c_fft_plan_create(space, axis_count, axes, choices, plan) bind(C, name="dlops_fft_plan_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis_count
      integer(c_int32_t), intent(in) :: axes(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: plan
      integer(c_int32_t) :: returned
    end function
    function c_redistribution_plan_create(from, to, choices, plan) &
      bind(C, name="dlops_redistribution_plan_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: from, to, choices
      type(c_ptr), intent(inout) :: plan
      integer(c_int32_t) :: returned
    end function
    function c_plan_get_domain(plan, space) bind(C, name="dlops_plan_get_domain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_plan_get_range(plan, space) bind(C, name="dlops_plan_get_range") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan
      type(c_ptr), intent(inout) :: space
      integer(c_int32_t) :: returned
    end function
    function c_plan_get_domain_strides(plan, strides) bind(C, name="dlops_plan_get_domain_strides") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: plan
      integer(c_int64_t), intent(inout) :: strides(*)
      integer(c_int32_t) :: returned
    end function
    function c_plan_get_range_strides(plan, strides) bind(C, name="dlops_plan_get_range_strides") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: plan
      integer(c_int64_t), intent(inout) :: strides(*)
      integer(c_int32_t) :: returned
    end function
    function c_plan_get_workspace_size(plan, bytes) bind(C, name="dlops_plan_get_workspace_size") result(returned)
      import :: c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: plan
      integer(c_size_t), intent(out) :: bytes
      integer(c_int32_t) :: returned
    end function
    function c_plan_get_capacity(plan, bytes) bind(C, name="dlops_plan_get_capacity") result(returned)
      import :: c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: plan
      integer(c_size_t), intent(out) :: bytes
      integer(c_int32_t) :: returned
    end function
    function c_plan_set_workspace(plan, pointer, bytes) bind(C, name="dlops_plan_set_workspace") result(returned)
      import :: c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: plan, pointer
      integer(c_size_t), value :: bytes
      integer(c_int32_t) :: returned
    end function
    function c_plan_prepare(plan) bind(C, name="dlops_plan_prepare") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan
      integer(c_int32_t) :: returned
    end function
    function c_plan_set_buffers(plan, domain, range) bind(C, name="dlops_plan_set_buffers") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan, domain, range
      integer(c_int32_t) :: returned
    end function
    function c_plan_set_stream(plan, stream) bind(C, name="dlops_plan_set_stream") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan, stream
      integer(c_int32_t) :: returned
    end function
    function c_plan_execute(plan, direction) bind(C, name="dlops_plan_execute") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan
      integer(c_int32_t), value :: direction
      integer(c_int32_t) :: returned
    end function
    function c_plan_release_workspace(plan) bind(C, name="dlops_plan_release_workspace") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan
      integer(c_int32_t) :: returned
    end function
    function c_plan_view(plan) bind(C, name="dlops_plan_view") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan
      integer(c_int32_t) :: returned
    end function
    function c_plan_retain(plan, copy) bind(C, name="dlops_plan_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: plan
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_plan_destroy(plan) bind(C, name="dlops_plan_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: plan
      integer(c_int32_t) :: returned
    end function
    function c_symmetric_allocate(context, bytes, choices, pointer) bind(C, name="dlops_symmetric_allocate") result(returned)
      import :: c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: context
      integer(c_size_t), value :: bytes
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: pointer
      integer(c_int32_t) :: returned
    end function
    function c_symmetric_get_size(context, pointer, bytes) bind(C, name="dlops_symmetric_get_size") result(returned)
      import :: c_int32_t, c_ptr, c_size_t
      type(c_ptr), value :: context, pointer
      integer(c_size_t), intent(out) :: bytes
      integer(c_int32_t) :: returned
    end function
    function c_symmetric_free(context, pointer) bind(C, name="dlops_symmetric_free") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context, pointer
      integer(c_int32_t) :: returned
    end function
    function c_gradient_create(space, choices, result) bind(C, name="dlops_gradient_create") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: space, choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_create_callback(domain, range, forward, adjoint, user, destroy, choices, result) bind(C, &
        name="dlops_operator_create_callback") result(returned)
      import :: c_funptr, c_int32_t, c_ptr
      type(c_ptr), value :: domain, range
      type(c_funptr), value :: forward, adjoint
      type(c_ptr), value :: user
      type(c_funptr), value :: destroy
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_create_matvec(domain, range, forward, adjoint, user, destroy, result) bind(C, &
        name="dlops_operator_create_matvec") result(returned)
      import :: c_funptr, c_int32_t, c_ptr
      type(c_ptr), value :: domain, range
      type(c_funptr), value :: forward, adjoint
      type(c_ptr), value :: user
      type(c_funptr), value :: destroy
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_block_diag_create(context, count, operators, choices, result) bind(C, name="dlops_block_diag_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: operators(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_vstack_create(context, count, operators, choices, result) bind(C, name="dlops_vstack_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: operators(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_hstack_create(context, count, operators, choices, result) bind(C, name="dlops_hstack_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: context
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: operators(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_operator_create_replicated(context, op, result) bind(C, name="dlops_operator_create_replicated") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: context, op
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_stacked_block_diag_create(count, operators, result) bind(C, name="dlops_stacked_block_diag_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: operators(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_stacked_vstack_create(count, operators, result) bind(C, name="dlops_stacked_vstack_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: operators(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_stacked_hstack_create(count, operators, result) bind(C, name="dlops_stacked_hstack_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      integer(c_int64_t), value :: count
      type(c_ptr), intent(in) :: operators(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_block_create(rows, columns, operators, result) bind(C, name="dlops_block_create") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      integer(c_int64_t), value :: rows, columns
      type(c_ptr), intent(in) :: operators(*)
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_convolve1d_create(space, axis, taps, h, choices, result) bind(C, name="dlops_convolve1d_create") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis
      integer(c_int64_t), value :: taps
      type(c_ptr), value :: h, choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_wavelet_ricker(half, dt, f0, wavelet) bind(C, name="dlops_wavelet_ricker") result(returned)
      import :: c_double, c_int32_t, c_int64_t
      integer(c_int64_t), value :: half
      real(c_double), value :: dt, f0
      real(c_double), intent(inout) :: wavelet(*)
      integer(c_int32_t) :: returned
    end function
    function c_taper(kind, count, edge, factors) bind(C, name="dlops_taper") result(returned)
      import :: c_double, c_int32_t, c_int64_t
      integer(c_int32_t), value :: kind
      integer(c_int64_t), value :: count, edge
      real(c_double), intent(inout) :: factors(*)
      integer(c_int32_t) :: returned
    end function
    function c_measure_mae(x, y, value) bind(C, name="dlops_measure_mae") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x, y
      real(c_double), intent(out) :: value
      integer(c_int32_t) :: returned
    end function
    function c_measure_mse(x, y, value) bind(C, name="dlops_measure_mse") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x, y
      real(c_double), intent(out) :: value
      integer(c_int32_t) :: returned
    end function
    function c_measure_snr(x, y, value) bind(C, name="dlops_measure_snr") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x, y
      real(c_double), intent(out) :: value
      integer(c_int32_t) :: returned
    end function
    function c_measure_psnr(x, y, choices, value) bind(C, name="dlops_measure_psnr") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: x, y, choices
      real(c_double), intent(out) :: value
      integer(c_int32_t) :: returned
    end function
    function c_poststack_create(space, axis, samples, wavelet, choices, result) bind(C, &
        name="dlops_poststack_create") result(returned)
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: space
      integer(c_int32_t), value :: axis
      integer(c_int64_t), value :: samples
      real(c_double), intent(in) :: wavelet(*)
      type(c_ptr), value :: choices
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_solver_create(method, op, solver) bind(C, name="dlops_solver_create") result(returned)
      import :: c_int32_t, c_ptr
      integer(c_int32_t), value :: method
      type(c_ptr), value :: op
      type(c_ptr), intent(inout) :: solver
      integer(c_int32_t) :: returned
    end function
    function c_solver_solve(solver, b, x) bind(C, name="dlops_solver_solve") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver, b, x
      integer(c_int32_t) :: returned
    end function
    function c_solver_setup(solver, b, x) bind(C, name="dlops_solver_setup") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver, b, x
      integer(c_int32_t) :: returned
    end function
    function c_solver_step(solver, reason) bind(C, name="dlops_solver_step") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t), intent(out) :: reason
      integer(c_int32_t) :: returned
    end function
    function c_solver_finalize(solver) bind(C, name="dlops_solver_finalize") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t) :: returned
    end function
    function c_solver_create_operator(solver, result) bind(C, name="dlops_solver_create_operator") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      type(c_ptr), intent(inout) :: result
      integer(c_int32_t) :: returned
    end function
    function c_solver_view(solver) bind(C, name="dlops_solver_view") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t) :: returned
    end function
    function c_solver_retain(solver, copy) bind(C, name="dlops_solver_retain") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      type(c_ptr), intent(inout) :: copy
      integer(c_int32_t) :: returned
    end function
    function c_solver_destroy(solver) bind(C, name="dlops_solver_destroy") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: solver
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_tolerances(solver, rtol, atol, dtol) bind(C, name="dlops_solver_set_tolerances") &
        result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      real(c_double), value :: rtol, atol, dtol
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_tolerance_rule(solver, rule) bind(C, name="dlops_solver_set_tolerance_rule") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t), value :: rule
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_max_iterations(solver, iterations) bind(C, name="dlops_solver_set_max_iterations") &
        result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int64_t), value :: iterations
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_time_limit(solver, seconds) bind(C, name="dlops_solver_set_time_limit") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      real(c_double), value :: seconds
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_damping(solver, damp) bind(C, name="dlops_solver_set_damping") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      real(c_double), value :: damp
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_initial_guess(solver, guess) bind(C, name="dlops_solver_set_initial_guess") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t), value :: guess
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_preconditioner(solver, preconditioner) bind(C, name="dlops_solver_set_preconditioner") &
        result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver, preconditioner
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_option(solver, key, value) bind(C, name="dlops_solver_set_option") result(returned)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      character(kind=c_char), intent(in) :: key(*), value(*)
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_show(solver, first, last, every) bind(C, name="dlops_solver_set_show") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int64_t), value :: first, last, every
      integer(c_int32_t) :: returned
    end function
    function c_solver_set_monitor(solver, monitor, user, destroy) bind(C, name="dlops_solver_set_monitor") &
        result(returned)
      import :: c_funptr, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      type(c_funptr), value :: monitor
      type(c_ptr), value :: user
      type(c_funptr), value :: destroy
      integer(c_int32_t) :: returned
    end function
    function c_monitor_table(solver, event, user) bind(C, name="dlops_monitor_table") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t), value :: event
      type(c_ptr), value :: user
      integer(c_int32_t) :: returned
    end function
    function c_solver_get_reason(solver, reason) bind(C, name="dlops_solver_get_reason") result(returned)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t), intent(out) :: reason
      integer(c_int32_t) :: returned
    end function
    function c_reason_text(reason) bind(C, name="dlops_reason_text") result(returned)
      import :: c_int32_t, c_ptr
      integer(c_int32_t), value :: reason
      type(c_ptr) :: returned
    end function
    function c_solver_get_iterations(solver, iterations) bind(C, name="dlops_solver_get_iterations") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int64_t), intent(out) :: iterations
      integer(c_int32_t) :: returned
    end function
    function c_solver_get_residual_norm(solver, norm) bind(C, name="dlops_solver_get_residual_norm") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      real(c_double), intent(out) :: norm
      integer(c_int32_t) :: returned
    end function
    function c_solver_get_damped_norm(solver, norm) bind(C, name="dlops_solver_get_damped_norm") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      real(c_double), intent(out) :: norm
      integer(c_int32_t) :: returned
    end function
    function c_solver_get_convergence_norm(solver, norm) bind(C, name="dlops_solver_get_convergence_norm") &
        result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      real(c_double), intent(out) :: norm
      integer(c_int32_t) :: returned
    end function
    function c_solver_get_seconds(solver, seconds) bind(C, name="dlops_solver_get_seconds") result(returned)
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: solver
      real(c_double), intent(out) :: seconds
      integer(c_int32_t) :: returned
    end function
    function c_solver_get_history(solver, which, values, room, count) bind(C, name="dlops_solver_get_history") &
        result(returned)
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int32_t), value :: which
      real(c_double), intent(inout) :: values(*)
      integer(c_int64_t), value :: room
      integer(c_int64_t), intent(out) :: count
      integer(c_int32_t) :: returned
    end function
    function c_solver_get_memory_usage(solver, bytes) bind(C, name="dlops_solver_get_memory_usage") result(returned)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: solver
      integer(c_int64_t), intent(out) :: bytes
      integer(c_int32_t) :: returned
    end function
  end interface
end module dlops_bindings
