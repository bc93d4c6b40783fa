! A Fortran program outside dlops: the module was compiled by this compiler, and its symbols are found.
program consumer
  use dlops
  implicit none
  print '(2a)', 'dlops from Fortran, ', dlops_version()
end program consumer
