#include "errors.hpp"

#include "unroll/error.hpp"

namespace unroll::mpi {

int kind_of(const std::exception_ptr& exception) {
  if (!exception) return 0;
  try {
    std::rethrow_exception(exception);
  } catch (const ShapeError&) {
    return 1;
  } catch (const TapeError&) {
    return 2;
  } catch (const DomainError&) {
    return 3;
  } catch (const DataError&) {
    return 4;
  } catch (const NumericalError&) {
    return 5;
  } catch (const UnsupportedError&) {
    return 6;
  } catch (...) {
    return 7;
  }
}

std::exception_ptr exception_of(int kind, const std::string& message) {
  switch (kind) {
    case 0:
      return nullptr;
    case 1:
      return std::make_exception_ptr(ShapeError(message));
    case 2:
      return std::make_exception_ptr(TapeError(message));
    case 3:
      return std::make_exception_ptr(DomainError(message));
    case 4:
      return std::make_exception_ptr(DataError(message));
    case 5:
      return std::make_exception_ptr(NumericalError(message));
    case 6:
      return std::make_exception_ptr(UnsupportedError(message));
    default:
      return std::make_exception_ptr(Error(message));
  }
}

}  // namespace unroll::mpi
