!> The constants of dlops.h.
module dlops_constants
  implicit none
  public

  integer, parameter :: DLOPS_VERSION_MAJOR = 0
  integer, parameter :: DLOPS_VERSION_MINOR = 1
  integer, parameter :: DLOPS_VERSION_PATCH = 0

  integer, parameter :: DLOPS_OK = 0  !< success

  integer, parameter :: DLOPS_ERROR_NULL_POINTER = -1  !< a required pointer is NULL
  integer, parameter :: DLOPS_ERROR_HANDLE = -2  !< not a live handle of the expected kind
  integer, parameter :: DLOPS_ERROR_ARGUMENT = -3  !< an argument is outside its range
  integer, parameter :: DLOPS_ERROR_AXIS = -4  !< an axis is outside the dimensions of its space
  integer, parameter :: DLOPS_ERROR_SHAPE = -5  !< a shape is negative, too large or inconsistent
  integer, parameter :: DLOPS_ERROR_DTYPE = -6  !< the data types do not fit together
  integer, parameter :: DLOPS_ERROR_SPACE = -7  !< the spaces are not congruent
  integer, parameter :: DLOPS_ERROR_CONTEXT = -8  !< the objects belong to different contexts
  integer, parameter :: DLOPS_ERROR_STATE = -9  !< the object is not in a state that allows the call
  integer, parameter :: DLOPS_ERROR_OVERLAP = -10  !< input and output share memory
  integer, parameter :: DLOPS_ERROR_OPTION = -11  !< an option is unknown or has a wrong value
  integer, parameter :: DLOPS_ERROR_UNSUPPORTED = -12  !< not supported by this build or on this machine
  integer, parameter :: DLOPS_ERROR_LAYOUT = -13  !< the layout does not fit the shape or the ranks
  integer, parameter :: DLOPS_ERROR_FORMAT = -14  !< a file is truncated, malformed or of another type
  integer, parameter :: DLOPS_ERROR_COLLECTIVE = -15  !< the ranks passed different arguments to a collective call
  integer, parameter :: DLOPS_ERROR_COMPILATION = -16  !< the source of a kernel does not compile
  integer, parameter :: DLOPS_ERROR_MEMORY = -100  !< memory could not be allocated
  integer, parameter :: DLOPS_ERROR_MPI = -101  !< an MPI call failed
  integer, parameter :: DLOPS_ERROR_MPI_MISMATCH = -102  !< host and library were built for different MPI implementations
  integer, parameter :: DLOPS_ERROR_IO = -103  !< a file could not be opened, read or written
  integer, parameter :: DLOPS_ERROR_COMMUNICATION = -104  !< a function of the host's communicator table failed
  integer, parameter :: DLOPS_ERROR_CUDA = -105  !< a CUDA call, or work on a device, failed
  integer, parameter :: DLOPS_ERROR_NCCL = -106  !< an NCCL call failed
  integer, parameter :: DLOPS_ERROR_CALLBACK = -254  !< a callback asked to stop
  integer, parameter :: DLOPS_ERROR_INTERNAL = -255  !< a defect of the library: a panic was caught

  integer, parameter :: DLOPS_LOG_ERROR = 0
  integer, parameter :: DLOPS_LOG_WARNING = 1
  integer, parameter :: DLOPS_LOG_INFO = 2
  integer, parameter :: DLOPS_LOG_DEBUG = 3

  integer, parameter :: DLOPS_MPI_OPEN_MPI = 1
  integer, parameter :: DLOPS_MPI_MPICH = 2
  integer, parameter :: DLOPS_MPI_STANDARD_ABI = 3

  integer, parameter :: DLOPS_FLOAT32 = 1

  integer, parameter :: DLOPS_FLOAT64 = 2

  integer, parameter :: DLOPS_COMPLEX64 = 3

  integer, parameter :: DLOPS_COMPLEX128 = 4

  integer, parameter :: DLOPS_INT32 = 5

  integer, parameter :: DLOPS_INT64 = 6

  integer, parameter :: DLOPS_HOST = 1
  integer, parameter :: DLOPS_CUDA = 2  !< memory of the context's CUDA device

  integer, parameter :: DLOPS_TRANSPORT_STAGED = 1
  integer, parameter :: DLOPS_TRANSPORT_CUDA_AWARE = 2
  integer, parameter :: DLOPS_TRANSPORT_NCCL = 3

  integer, parameter :: DLOPS_MAX_DIMENSIONS = 16

  integer, parameter :: DLOPS_PARTITION_BALANCED = 0
  integer, parameter :: DLOPS_PARTITION_CEILING = 1
  integer, parameter :: DLOPS_PARTITION_EXTENTS = 2
  integer, parameter :: DLOPS_PARTITION_CYCLIC = 3
  integer, parameter :: DLOPS_PARTITION_REPLICATED = 4

  integer, parameter :: DLOPS_ACCESS_READ = 1
  integer, parameter :: DLOPS_ACCESS_WRITE = 2
  integer, parameter :: DLOPS_ACCESS_READ_WRITE = 3

  integer, parameter :: DLOPS_ALL_RANKS = -1

  integer, parameter :: DLOPS_GROUP_RANKS = -2

  integer, parameter :: DLOPS_UNIFORM = 0

  integer, parameter :: DLOPS_NORMAL = 1

  integer, parameter :: DLOPS_FORWARD = 0

  integer, parameter :: DLOPS_ADJOINT = 1

  integer, parameter :: DLOPS_TRANSPOSE = 2

  integer, parameter :: DLOPS_CONJUGATE = 3

  integer, parameter :: DLOPS_ROW_MAJOR = 0

  integer, parameter :: DLOPS_COLUMN_MAJOR = 1

  integer, parameter :: DLOPS_PRODUCT_AUTOMATIC = 0
  integer, parameter :: DLOPS_PRODUCT_BLOCK = 1
  integer, parameter :: DLOPS_PRODUCT_SUMMA = 2

  integer, parameter :: DLOPS_KIND_CENTERED = 0
  integer, parameter :: DLOPS_KIND_FORWARD = 1
  integer, parameter :: DLOPS_KIND_BACKWARD = 2

  integer, parameter :: DLOPS_FFT_ORTHO = 0
  integer, parameter :: DLOPS_FFT_NONE = 1
  integer, parameter :: DLOPS_FFT_ONE_OVER_N = 2
  integer, parameter :: DLOPS_FFT_BY_DTYPE = 0
  integer, parameter :: DLOPS_FFT_COMPLEX_TO_COMPLEX = 1
  integer, parameter :: DLOPS_FFT_REAL_TO_COMPLEX = 2
  integer, parameter :: DLOPS_FFT_COMPLEX_TO_REAL = 3
  integer, parameter :: DLOPS_PARITY_EVEN = 0
  integer, parameter :: DLOPS_PARITY_ODD = 1
  integer, parameter :: DLOPS_SCALING_NONE = 0
  integer, parameter :: DLOPS_SCALING_INVERSE = 1
  integer, parameter :: DLOPS_SCALING_ORTHO = 2
  integer, parameter :: DLOPS_DIRECTION_FORWARD = 0
  integer, parameter :: DLOPS_DIRECTION_INVERSE = 1
  integer, parameter :: DLOPS_ORDER_ROW_MAJOR = 0
  integer, parameter :: DLOPS_ORDER_COLUMN_MAJOR = 1
  integer, parameter :: DLOPS_TAPER_NONE = 0
  integer, parameter :: DLOPS_TAPER_HANNING = 1
  integer, parameter :: DLOPS_TAPER_COSINE = 2
  integer, parameter :: DLOPS_TAPER_COSINE_SQUARE = 3
  integer, parameter :: DLOPS_TAPER_COSINE_ROOT = 4

  integer, parameter :: DLOPS_SOLVER_CG = 1
  integer, parameter :: DLOPS_SOLVER_CGLS = 2

  integer, parameter :: DLOPS_GUESS_ZERO = 0
  integer, parameter :: DLOPS_GUESS_GIVEN = 1

  integer, parameter :: DLOPS_TOLERANCE_STANDARD = 0
  integer, parameter :: DLOPS_TOLERANCE_PYLOPS = 1

  integer, parameter :: DLOPS_EVENT_START = 0
  integer, parameter :: DLOPS_EVENT_ITERATION = 1
  integer, parameter :: DLOPS_EVENT_END = 2

  integer, parameter :: DLOPS_STOP = 1

  integer, parameter :: DLOPS_REASON_RUNNING = 0
  integer, parameter :: DLOPS_REASON_RELATIVE_TOLERANCE = 1
  integer, parameter :: DLOPS_REASON_ABSOLUTE_TOLERANCE = 2
  integer, parameter :: DLOPS_REASON_MONITOR = 3
  integer, parameter :: DLOPS_REASON_ITERATION_LIMIT = -1
  integer, parameter :: DLOPS_REASON_TIME_LIMIT = -2
  integer, parameter :: DLOPS_REASON_DIVERGED = -3
  integer, parameter :: DLOPS_REASON_INDEFINITE = -4
  integer, parameter :: DLOPS_REASON_NOT_FINITE = -5

  integer, parameter :: DLOPS_HISTORY_RESIDUAL = 0
  integer, parameter :: DLOPS_HISTORY_DAMPED = 1
  integer, parameter :: DLOPS_HISTORY_CONVERGENCE = 2
end module dlops_constants
