"""Conan 2 recipe. It exports the tree that it stands in; in the registry source() fetches a release by conandata.yml."""

import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir

required_conan_version = ">=2.0"


class UnrollConan(ConanFile):
    name = "unroll"
    version = "0.2.0"
    license = "MIT"
    description = "Differentiates through an optimisation solver, and says how wrong the derivative is"
    topics = ("automatic-differentiation", "optimization", "bilevel", "implicit-differentiation")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"fPIC": [True, False]}
    default_options = {"fPIC": True}
    implements = ["auto_shared_fpic"]

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, src=root, dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("eigen/3.4.0", transitive_headers=True)
        self.requires("fmt/[>=9.1.0 <12]", transitive_headers=True)
        self.requires("spectra/1.0.1", visible=False)

    def validate(self):
        check_min_cppstd(self, 20)

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25]")

    def generate(self):
        toolchain = CMakeToolchain(self)
        for option in ("BUILD_TESTS", "BUILD_EXAMPLES", "TEST_CONSUMERS", "MPI"):
            toolchain.cache_variables[f"UNROLL_{option}"] = False
        toolchain.cache_variables["FETCHCONTENT_FULLY_DISCONNECTED"] = True
        toolchain.generate()
        dependencies = CMakeDeps(self)
        dependencies.set_property("spectra", "cmake_file_name", "Spectra")
        dependencies.set_property("spectra", "cmake_target_name", "Spectra::Spectra")
        dependencies.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))
        rmdir(self, os.path.join(self.package_folder, "share"))

    def package_info(self):
        self.cpp_info.libs = ["unroll"]
        # Program and library free each other's arrays, whatever flags each is compiled with.
        self.cpp_info.defines = ["EIGEN_MAX_ALIGN_BYTES=64", "EIGEN_MAX_STATIC_ALIGN_BYTES=64"]
        self.cpp_info.requires = ["eigen::eigen", "fmt::fmt"]
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread", "m"]
