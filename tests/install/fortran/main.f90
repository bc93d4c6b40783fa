! A Fortran program outside dlops: the module was compiled by this compiler, and its symbols are found.
program consumer
  use dlops
  implicit none
  print '(a)', 'dlops from Fortran'
end program consumer
